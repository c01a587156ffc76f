// SPDX-License-Identifier: MIT
// Renders the Mandelbrot set row by row straight into a PNG file: however tall the image, memory holds a window of rows.

#include <parimap/parimap.hpp>

#include <png.h>
#include <sys/resource.h>
#include <CLI/CLI.hpp>
#include <range/v3/view/iota.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace {

struct picture {
    std::uint32_t width = 1200;
    std::uint32_t height = 1000;
    int iterations = 500;
};

using row = std::vector<png_byte>;  // red, green and blue of each pixel

row render_row(const picture& image, std::uint32_t y) {
    const double step = std::max(3.0 / image.width, 2.5 / image.height);  // the whole set fits into the image
    const double im = (image.height / 2.0 - y - 0.5) * step;
    row pixels;
    pixels.reserve(std::size_t{3} * image.width);
    for (std::uint32_t x = 0; x < image.width; ++x) {
        const double re = (x + 0.5 - image.width / 2.0) * step - 0.75;
        int n = 0;
        for (double a = 0, b = 0; n < image.iterations && a * a + b * b < 4; ++n) {
            const double next = a * a - b * b + re;
            b = 2 * a * b + im;
            a = next;
        }
        // Black inside; outside the colours run from blue through green to red, the nearer to the set the further.
        const double t = std::log1p(n) / std::log1p(image.iterations);
        const double u = 1 - t;
        pixels.push_back(static_cast<png_byte>(255 * 9 * u * t * t * t));
        pixels.push_back(static_cast<png_byte>(255 * 15 * u * u * t * t));
        pixels.push_back(static_cast<png_byte>(255 * 8.5 * u * u * u * t));
    }
    return pixels;
}

struct file_closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

struct png_handles {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);

    png_handles() = default;
    png_handles(const png_handles&) = delete;
    png_handles& operator=(const png_handles&) = delete;
    ~png_handles() { png_destroy_write_struct(&png, &info); }
};

// A PNG file that is written a row at a time.
class png_writer {
  public:
    png_writer(const std::string& path, const picture& image) : path_(path), file_(std::fopen(path.c_str(), "wb")) {
        if (!file_) {
            throw std::system_error{errno, std::generic_category(), path_};
        }
        if (handles_.info == nullptr) {
            throw std::runtime_error{"cannot start libpng"};
        }
        call([&] {
            png_init_io(handles_.png, file_.get());
            png_set_IHDR(handles_.png, handles_.info, image.width, image.height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                         PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
            png_write_info(handles_.png, handles_.info);
        });
    }

    void write(const row& pixels) {
        call([&] { png_write_row(handles_.png, pixels.data()); });
    }

    void close() {
        call([&] { png_write_end(handles_.png, nullptr); });
        if (std::fclose(file_.release()) != 0) {
            throw std::system_error{errno, std::generic_category(), path_};
        }
    }

  private:
    // libpng reports a failure by a longjmp to here, which is allowed as no call to it owns anything.
    template <class Call>
    void call(Call libpng) {
        if (setjmp(png_jmpbuf(handles_.png)) != 0) {
            throw std::runtime_error{"cannot write " + path_};
        }
        libpng();
    }

    std::string path_;
    std::unique_ptr<std::FILE, file_closer> file_;
    png_handles handles_;
};

// Reads the file back, and whole, and compares it with what a plain loop computes.
bool holds(const std::string& path, const picture& image) {
    png_image read{};
    read.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_file(&read, path.c_str()) == 0) {
        return false;
    }
    read.format = PNG_FORMAT_RGB;
    row pixels(PNG_IMAGE_SIZE(read));
    if (png_image_finish_read(&read, nullptr, pixels.data(), 0, nullptr) == 0) {
        return false;
    }
    row expected;
    for (std::uint32_t y = 0; y < image.height; ++y) {
        std::ranges::copy(render_row(image, y), std::back_inserter(expected));
    }
    return read.width == image.width && read.height == image.height && pixels == expected;
}

}  // namespace

int main(int argc, char** argv) try {
    parimap::session session(argc, argv);  // with mpi: of all ranks. The others work for the first one
    if (session.serves()) {
        return session.serve();
    }
    picture image;
    std::string output = "mandelbrot.png";
    std::size_t workers = parimap::cpu_count();
    std::size_t window = 0;
    bool check = false;
    CLI::App app{"Renders the Mandelbrot set into a PNG file"};
    app.add_option("--width", image.width, "pixels of a row")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--height", image.height, "rows")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--iterations", image.iterations, "after how many a point is taken to be inside")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--output", output, "the file to write")->capture_default_str();
    app.add_option("--workers", workers, "rows rendered at once")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--window", window, "most rows held in memory (0: the library decides)")->capture_default_str();
    app.add_flag("--check", check, "read the file back and compare it with what a plain loop computes");
    CLI11_PARSE(app, argc, argv);

    parimap::pool pool{workers};
    const auto render = [image](std::uint32_t y) { return render_row(image, y); };
    const auto ys = ranges::views::iota(std::uint32_t{0}, image.height);

    png_writer png{output, image};
    const parimap::map_options options{
        .window = window,
        .progress = parimap::progress_options{.description = output, .unit = "row"},
    };
    for (const row& pixels : parimap::ordered_imap(pool, options, render, ys)) {
        png.write(pixels);
    }
    png.close();

    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::cout << output << ": " << image.width << " x " << image.height << " pixels by " << pool.size() << " workers, peak memory "
              << usage.ru_maxrss / 1024 << " MB\n";

    if (check && !holds(output, image)) {
        std::cerr << "mandelbrot: " << output << " is not the image that a plain loop computes\n";
        return 1;
    }
} catch (const std::exception& error) {
    std::cerr << "mandelbrot: " << error.what() << '\n';
    return 1;
}
