# SPDX-License-Identifier: MIT
"""recipes.py <repository> <version>: runs the recipes for Spack and Conan with stand-ins for both.

It fails where a recipe is no Python, sets a CMake option that parimap does not have, or tells another version than the project's.
"""
import pathlib
import re
import sys
import types

ROOT, VERSION = pathlib.Path(sys.argv[1]), sys.argv[2]
PACKAGING = ROOT / "packaging"


def known_options():
    """The names of parimap's CMake options, and those of CMake that recipes set."""
    text = (ROOT / "CMakeLists.txt").read_text()
    backends = {f"PARIMAP_ENABLE_{folder.name.upper()}" for folder in (ROOT / "backends").iterdir()}
    return set(re.findall(r"(?:option\(|set\()(PARIMAP_\w+)", text)) | backends | {"BUILD_SHARED_LIBS"}


def stand_in(name, **members):
    """Makes a module that recipes import, with its packages."""
    for end in range(1, name.count(".") + 1):
        sys.modules.setdefault(".".join(name.split(".")[:end]), types.ModuleType(name))
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(members)


def run(path):
    """The recipe's names."""
    names = {"__name__": "recipe", "__file__": str(path)}
    exec(compile(path.read_text(), str(path), "exec"), names)  # no file of byte code is left beside it
    return names


def check(recipe, options):
    unknown = set(options) - known_options()
    if unknown or not options:
        sys.exit(f"{recipe} sets options that parimap does not have, or none: {sorted(unknown)}")


def check_spack():
    variants = set()

    class CMakePackage:
        def define(self, option, value):
            return option

        def define_from_variant(self, option, variant):
            if variant not in variants:
                sys.exit(f"package.py has no variant {variant}")
            return option

    def nothing(*arguments, **options):
        pass
    stand_in("spack.package", CMakePackage=CMakePackage, variant=lambda name, **options: variants.add(name), version=nothing,
             depends_on=nothing, conflicts=nothing, license=nothing)
    check("package.py", run(PACKAGING / "spack/package.py")["Parimap"]().cmake_args())


def check_conan():
    class Tool:
        def __init__(self, recipe):
            self.cache_variables = {}
            toolchains.append(self)

        def generate(self):
            pass
    toolchains = []
    stand_in("conan", ConanFile=object)
    stand_in("conan.tools.build", check_min_cppstd=None)
    stand_in("conan.tools.cmake", CMake=Tool, CMakeDeps=Tool, CMakeToolchain=Tool, cmake_layout=None)
    copied = []
    stand_in("conan.tools.files", copy=lambda recipe, pattern, source, target: copied.append(pathlib.Path(source) / pattern),
             load=lambda recipe, path: pathlib.Path(path).read_text())
    recipe = run(PACKAGING / "conan/conanfile.py")["Parimap"]()
    recipe.recipe_folder, recipe.export_sources_folder = str(PACKAGING / "conan"), ""
    recipe.options = types.SimpleNamespace(get_safe=lambda name: recipe.default_options[name])

    recipe.set_version()
    if recipe.version != VERSION:
        sys.exit(f"conanfile.py makes {recipe.version} of version {VERSION}")
    recipe.export_sources()
    missing = [path for path in copied if not path.parent.is_dir() or not list(path.parent.glob(path.name))]
    if missing or not copied:
        sys.exit(f"conanfile.py copies what is not there: {missing}")
    recipe.generate()
    check("conanfile.py", [name for tool in toolchains for name in tool.cache_variables])


check_spack()
check_conan()
