# SPDX-License-Identifier: MIT
"""parimap for Spack. Put this folder into a repository of packages of your own, as packages/parimap."""
from spack.package import *


class Parimap(CMakePackage):
    """One function over many items, in parallel, on the backend you choose: a C++20 library of parallel maps and streams."""

    # There is no release yet: tell Spack where your copy is, `spack develop --path <folder> parimap@main`, or set `git` here.
    license("MIT")
    version("main", branch="main")

    variant("openmp", default=True, description="Build the openmp backend")
    variant("tbb", default=False, description="Build the tbb backend")
    variant("mpi", default=False, description="Build the mpi backend")
    variant("shared", default=True, description="Build the compiled part as a shared library")

    depends_on("cxx", type="build")
    depends_on("c", type="build", when="+mpi")
    depends_on("cmake@3.22:", type="build")
    depends_on("range-v3")
    depends_on("intel-oneapi-tbb@2021.5:", when="+tbb")
    depends_on("mpi", when="+mpi")
    depends_on("cereal", when="+mpi")

    conflicts("%gcc@:11", msg="parimap needs a C++20 compiler: GCC 12 or clang 16")
    conflicts("%clang@:15", msg="parimap needs a C++20 compiler: GCC 12 or clang 16")

    def cmake_args(self):
        return [
            self.define("PARIMAP_BUILD_TESTS", False),
            self.define("PARIMAP_BUILD_EXAMPLES", False),
            self.define_from_variant("PARIMAP_ENABLE_OPENMP", "openmp"),
            self.define_from_variant("PARIMAP_ENABLE_TBB", "tbb"),
            self.define_from_variant("PARIMAP_ENABLE_MPI", "mpi"),
            self.define_from_variant("BUILD_SHARED_LIBS", "shared"),
        ]
