// SPDX-License-Identifier: MIT
// The same for ranges that others wrote, also among zipped ones: here numbers of four bits.
// expect: may share bytes.*iota
#include <parimap/parimap.hpp>

#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>

#include <cstddef>
#include <iterator>
#include <vector>

class nibbles {
    struct reference {
        unsigned char* bytes;
        std::ptrdiff_t i;

        operator unsigned() const { return (bytes[i / 2] >> (i % 2 * 4)) & 15U; }
        const reference& operator=(unsigned n) const {
            const unsigned mask = 15U << (i % 2 * 4);
            bytes[i / 2] = static_cast<unsigned char>((bytes[i / 2] & ~mask) | (n << (i % 2 * 4)));
            return *this;
        }
    };

  public:
    class iterator {
      public:
        using value_type = unsigned;
        using difference_type = std::ptrdiff_t;
        using reference = nibbles::reference;
        using pointer = void;
        using iterator_category = std::random_access_iterator_tag;

        iterator() = default;
        iterator(unsigned char* bytes, std::ptrdiff_t i) : bytes_{bytes}, i_{i} {}
        reference operator*() const { return {bytes_, i_}; }
        reference operator[](std::ptrdiff_t n) const { return {bytes_, i_ + n}; }
        iterator& operator++() { return *this += 1; }
        iterator operator++(int) { return std::exchange(*this, *this + 1); }
        iterator& operator--() { return *this += -1; }
        iterator operator--(int) { return std::exchange(*this, *this - 1); }
        iterator& operator+=(std::ptrdiff_t n) {
            i_ += n;
            return *this;
        }
        iterator& operator-=(std::ptrdiff_t n) { return *this += -n; }
        friend iterator operator+(iterator it, std::ptrdiff_t n) { return it += n; }
        friend iterator operator+(std::ptrdiff_t n, iterator it) { return it += n; }
        friend iterator operator-(iterator it, std::ptrdiff_t n) { return it -= n; }
        friend std::ptrdiff_t operator-(iterator a, iterator b) { return a.i_ - b.i_; }
        friend auto operator<=>(iterator a, iterator b) { return a.i_ <=> b.i_; }
        friend bool operator==(iterator a, iterator b) { return a.i_ == b.i_; }

      private:
        unsigned char* bytes_ = nullptr;
        std::ptrdiff_t i_ = 0;
    };

    explicit nibbles(std::size_t size) : bytes_(size / 2 + 1), size_{size} {}
    iterator begin() { return {bytes_.data(), 0}; }
    iterator end() { return {bytes_.data(), static_cast<std::ptrdiff_t>(size_)}; }

  private:
    std::vector<unsigned char> bytes_;
    std::size_t size_;
};

int main() {
    nibbles numbers(100);
    std::vector<unsigned> more(100, 3);
#ifdef PARIMAP_BAD
    parimap::parallel_for_each([](auto&& n, unsigned m) { n = m; }, numbers, more);
#else
    parimap::parallel_for_each([](unsigned n, unsigned& m) { m += n; }, numbers, more);
#endif
}
