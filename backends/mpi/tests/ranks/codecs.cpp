// SPDX-License-Identifier: MIT
// What travels: types that cereal knows, plain ones and those with a codec of their own, each in each other.

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "ranks.hpp"

using namespace parimap_test;
using parimap::detail::can_travel;

namespace parimap_test {

struct shape {
    virtual ~shape() = default;
    virtual std::string text() const = 0;
};
struct circle final : shape {
    circle() = default;
    explicit circle(int r) : radius(r) {}
    std::string text() const override { return "circle " + std::to_string(radius); }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(radius);
    }
    int radius = 0;
};
struct square final : shape {
    square() = default;
    explicit square(int s) : side(s) {}
    std::string text() const override { return "square " + std::to_string(side); }
    template <class Archive>
    void serialize(Archive& archive) {
        archive(side);
    }
    int side = 0;
};

struct parcel {
    std::string text() const { return content->text() + ' ' + *label; }
    template <class Archive>
    void save(Archive& archive) const {
        archive(number, content, label);
    }
    template <class Archive>
    void load(Archive& archive) {
        archive(number);
        if (number % 10 == 3) throw std::domain_error("not to be read");
        archive(content, label);
    }
    int number = 0;
    std::unique_ptr<shape> content;
    std::shared_ptr<std::string> label;
};

struct edition {
    template <class Archive>
    void serialize(Archive& archive, std::uint32_t version) {
        archive(title, number);
        if (version != 3) number = -1;
    }
    std::shared_ptr<std::string> title;
    int number = 0;
};

struct volume {
    template <class Archive>
    void serialize(Archive& archive, std::uint32_t version) {
        archive(number);
        if (version != 2) number = -1;
    }
    int number = 0;
};
struct shelf {
    template <class Archive>
    void save(Archive& archive) const {
        archive(number, content, name);
    }
    template <class Archive>
    void load(Archive& archive) {
        archive(number);
        if (number % 3 != 0) throw std::domain_error("not to be read");
        archive(content, name);
    }
    int number = 0;
    volume content;
    std::string name;
};

}  // namespace parimap_test

CEREAL_CLASS_VERSION(parimap_test::edition, 3)
CEREAL_CLASS_VERSION(parimap_test::volume, 2)
CEREAL_REGISTER_TYPE(parimap_test::circle)
CEREAL_REGISTER_TYPE(parimap_test::square)
CEREAL_REGISTER_POLYMORPHIC_RELATION(parimap_test::shape, parimap_test::circle)
CEREAL_REGISTER_POLYMORPHIC_RELATION(parimap_test::shape, parimap_test::square)

namespace {

struct point {
    double x = 0;
    double y = 0;
    bool operator==(const point&) const = default;
};
struct nothing {
    bool operator==(const nothing&) const = default;
};
enum class color : char { red, blue };

// Plain, but made and moved only.
struct sealed {
    explicit sealed(int v) : value(v) {}
    sealed(sealed&&) = default;
    sealed& operator=(sealed&&) = delete;

    int value;
};
struct fixed {
    fixed(const fixed&) = delete;
    fixed& operator=(const fixed&) = delete;

    int value;
};

struct polygon {
    std::vector<double> corners;
    bool operator==(const polygon&) const = default;
};

struct record {
    std::string name;
    point place;
    polygon area;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(name, place, area);
    }
    bool operator==(const record&) const = default;
};

struct tree {
    int value = 0;
    std::vector<tree> below;
    template <class Archive>
    void serialize(Archive& archive) {
        archive(value, below);
    }
    bool operator==(const tree&) const = default;
};

struct unknown {
    std::string text;
};

}  // namespace

template <>
struct parimap::codec<polygon> {
    static void write(parimap::byte_writer& out, const polygon& p) {
        out.plain(p.corners.size());
        for (const double corner : p.corners) out.plain(corner);
    }
    static polygon read(parimap::byte_reader& in) {
        polygon p;
        p.corners.resize(in.plain<std::size_t>());
        for (double& corner : p.corners) corner = in.plain<double>();
        return p;
    }
};

namespace {

/// Two in a row, as in one message.
template <class T>
bool arrives(const T& value) {
    parimap::byte_writer out;
    parimap::codec<T>::write(out, value);
    parimap::codec<T>::write(out, value);
    const std::vector<std::byte> message = out.take();
    parimap::byte_reader in(message);
    const T first = parimap::codec<T>::read(in);
    const T second = parimap::codec<T>::read(in);
    return first == value && second == value && in.is_at_end();
}

}  // namespace

TEST_CASE("values of every kind arrive as they were, in containers too") {
    REQUIRE(arrives(std::vector<point>{{1, 2}, {3, 4}}));
    REQUIRE(arrives(std::vector<nothing>(3)));
    REQUIRE(arrives(std::vector<color>{color::blue, color::red}));
    REQUIRE(arrives(std::vector<bool>{true, false, true}));
    REQUIRE(arrives(std::vector<double>{1, 2, 3}));
    REQUIRE(arrives(std::vector<std::vector<std::string>>{{"one", "two"}, {}}));
    REQUIRE(arrives(std::vector<std::optional<point>>{point{1, 2}, std::nullopt}));
    REQUIRE(arrives(std::map<std::string, std::vector<polygon>>{{"a", {{{1, 2}}, {{3}}}}}));
    REQUIRE(arrives(std::pair<int, point>{3, {1, 2}}));
    REQUIRE(arrives(std::tuple<std::string, polygon, point>{"text", {{1}}, {2, 3}}));
    REQUIRE(arrives(std::variant<int, std::string>{"text"}));
    REQUIRE(arrives(std::array<std::string, 2>{"one", "two"}));
    REQUIRE(arrives(std::vector<record>{{"name", {1, 2}, {{5, 6, 7}}}, {}}));
    REQUIRE(arrives(tree{1, {{2, {}}, {3, {{4, {}}}}}}));
    parimap::byte_writer out;
    parimap::codec<std::unique_ptr<std::vector<point>>>::write(out, std::make_unique<std::vector<point>>(2));
    const std::vector<std::byte> message = out.take();
    parimap::byte_reader in(message);
    REQUIRE(parimap::codec<std::unique_ptr<std::vector<point>>>::read(in)->size() == 2);
}

TEST_CASE("what cannot travel is known by its type, however deep it lies") {
    STATIC_REQUIRE(!can_travel<unknown>);
    STATIC_REQUIRE(!can_travel<std::vector<unknown>>);
    STATIC_REQUIRE(!can_travel<std::map<int, std::vector<unknown>>>);
    STATIC_REQUIRE(!can_travel<std::pair<int, unknown>>);
    STATIC_REQUIRE(!can_travel<std::unique_ptr<unknown>>);
    STATIC_REQUIRE(!can_travel<int*>);
    STATIC_REQUIRE(!can_travel<std::vector<int*>>);
    STATIC_REQUIRE(!can_travel<std::vector<std::string_view>>);
    STATIC_REQUIRE(!can_travel<std::vector<std::function<int()>>>);
    pool p{1};
    REQUIRE_THROWS_WITH(parimap::parallel_map(
                            p, [](int) { return std::vector<unknown>(1); }, std::views::iota(0, 10)),
                        Catch::Matchers::Contains("what f returns cannot travel"));
}

TEST_CASE("a message that ends before its values is an error") {
    parimap::byte_writer out;
    parimap::codec<std::string>::write(out, std::string(100, 'x'));
    std::vector<std::byte> message = out.take();
    message.resize(50);
    parimap::byte_reader in(message);
    REQUIRE_THROWS_AS(parimap::codec<std::string>::read(in), parimap::error);
}

TEST_CASE("records with parts of every kind are items and results on other ranks") {
    pool p{1};
    std::vector<record> records;
    for (int i = 0; i < 200; ++i) records.push_back({std::to_string(i), {1.0 * i, 2.0}, {{3.0, 4.0}}});
    const auto f = [](const record& r) {
        pass_time(200);
        return std::vector<record>(2, r);
    };
    std::size_t n = 0;
    for (const std::vector<record>& two : parimap::ordered_imap(p, f, records)) {
        REQUIRE(two == std::vector<record>(2, records[n]));
        ++n;
    }
    REQUIRE(n == records.size());
}

TEST_CASE("objects of several classes arrive as what they are, also behind items that have failed") {
    pool p(2);
    const auto f = [](int i) -> std::unique_ptr<shape> {
        pass_time(30);
        if (i % 10 == 3) throw std::domain_error("no shape");
        if (i / 3 % 2 == 0) return std::make_unique<circle>(i);
        return std::make_unique<square>(i);
    };
    auto stream = parimap::ordered_imap(p, f, std::views::iota(0, 2000));
    for (int i = 0; i < 2000; ++i) {
        CAPTURE(i);
        if (i % 10 == 3) {
            REQUIRE_THROWS_AS(stream.next(), std::domain_error);
        } else {
            const auto made = stream.next();
            REQUIRE(made.has_value());
            REQUIRE((*made)->text() == (i / 3 % 2 == 0 ? "circle " : "square ") + std::to_string(i));
        }
    }
}

TEST_CASE("classes with a version arrive in their own, in each archive of a message") {
    pool p(2);
    const auto f = [](int i) {
        pass_time(30);
        return edition{std::make_shared<std::string>("title " + std::to_string(i)), i};
    };
    const std::vector<edition> all = parimap::parallel_map(p, f, std::views::iota(0, 2000));
    for (int i = 0; i < 2000; ++i) {
        CAPTURE(i);
        const edition& one = all[static_cast<std::size_t>(i)];
        REQUIRE(one.number == i);
        REQUIRE(*one.title == "title " + std::to_string(i));
    }
}

TEST_CASE("what has the version of a class, and cannot be read, spoils nothing else") {
    pool p(2);
    const auto f = [](int i) {
        pass_time(30);
        return shelf{i, {i}, "shelf " + std::to_string(i)};
    };
    auto stream = parimap::ordered_imap(p, f, std::views::iota(0, 2000));
    for (int i = 0; i < 2000; ++i) {
        CAPTURE(i);
        try {
            const auto one = stream.next();
            REQUIRE(one.has_value());
            REQUIRE(one->number == i);
            REQUIRE(one->content.number == i);
            REQUIRE(one->name == "shelf " + std::to_string(i));
        } catch (const std::domain_error&) {
            REQUIRE(i % 3 != 0);  // which may have run where it is
        }
    }
}

TEST_CASE("what cannot be read spoils nothing else, whatever values share") {
    pool p(2);
    const auto label = std::make_shared<std::string>("common");
    const auto check = [&](auto& stream, auto text) {
        for (int i = 0; i < 2000; ++i) {
            CAPTURE(i);
            try {
                const auto got = stream.next();
                REQUIRE(got.has_value());
                REQUIRE(text(*got) == "circle " + std::to_string(i) + " common");
            } catch (const std::domain_error&) {
                REQUIRE(i % 10 == 3);  // which may have run where it is
            }
        }
    };
    const auto made = [](int i) {
        pass_time(30);
        return parcel{i, std::make_unique<circle>(i), std::make_shared<std::string>("common")};
    };
    auto results = parimap::ordered_imap(p, made, std::views::iota(0, 2000));
    check(results, [](const parcel& one) { return one.text(); });
    std::vector<parcel> parcels;
    for (int i = 0; i < 2000; ++i) parcels.push_back({i, std::make_unique<circle>(i), label});
    const auto text = [](const parcel& one) {
        pass_time(30);
        return one.text();
    };
    auto texts = parimap::ordered_imap(p, text, parcels);
    check(texts, [](const std::string& t) { return t; });
}

TEST_CASE("Plain results need only be movable, also where they come from other ranks") {
    STATIC_REQUIRE(can_travel<sealed>);
    STATIC_REQUIRE_FALSE(can_travel<fixed>);
    pool p(1);
    const auto f = [](int i) {
        pass_time(100);
        return sealed(i);
    };
    const std::vector<sealed> all = parimap::parallel_map(p, f, std::views::iota(0, 300));
    for (int i = 0; i < 300; ++i) REQUIRE(all[static_cast<std::size_t>(i)].value == i);
}
