# SPDX-License-Identifier: MIT
"""parimap for Conan 2: `conan create packaging/conan` builds the copy that this folder lies in."""
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class Parimap(ConanFile):
    name = "parimap"
    description = "One function over many items, in parallel, on the backend you choose"
    license = "MIT"
    topics = ("parallel", "map", "streams", "openmp", "tbb", "mpi")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "openmp": [True, False], "tbb": [True, False], "mpi": [True, False]}
    default_options = {"shared": False, "openmp": True, "tbb": False, "mpi": False}

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, os.pardir, os.pardir)

    def set_version(self):
        header = load(self, os.path.join(self._root, "include", "parimap", "version.hpp"))
        self.version = ".".join(re.findall(r"^#define PARIMAP_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", header, re.M))

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "README.md", "backends/*", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, self._root, self.export_sources_folder)

    def requirements(self):
        self.requires("range-v3/0.12.0", transitive_headers=True)
        if self.options.tbb:
            self.requires("onetbb/[>=2021.5]", transitive_headers=True)
        if self.options.mpi:
            self.requires("openmpi/[>=4.1]", transitive_headers=True)
            self.requires("cereal/1.3.2", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["PARIMAP_BUILD_TESTS"] = False
        toolchain.cache_variables["PARIMAP_BUILD_EXAMPLES"] = False
        for backend in ("openmp", "tbb", "mpi"):
            toolchain.cache_variables[f"PARIMAP_ENABLE_{backend.upper()}"] = bool(self.options.get_safe(backend))
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # What is installed tells CMake itself what there is, with a target for each backend: see cmake/parimap-config.cmake.in.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "parimap")]
