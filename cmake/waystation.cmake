# SPDX-License-Identifier: Apache-2.0
# One target a folder, and a target sees only what it names: each library gets
# an include root in the build tree that holds links to its own headers, spelled
# from the repository root, so that a forbidden include does not compile.

add_library(waystation_flags INTERFACE)
target_compile_options(waystation_flags INTERFACE
  -Wall -Wextra -Wconversion -Werror -fno-omit-frame-pointer)
target_link_libraries(waystation_flags INTERFACE Threads::Threads)

# Links the headers of the current folder into `root`.
function(_waystation_link_headers root)
  file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}
    ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  foreach(header ${headers})
    get_filename_component(sub ${header} DIRECTORY)
    file(MAKE_DIRECTORY ${root}/${folder}/${sub})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${header}
      ${root}/${folder}/${header} SYMBOLIC)
  endforeach()
endfunction()

# waystation_library(name [SOURCES ...] USES ... [HIDES ...]): without sources it
# is its headers. What it HIDES stands in its sources alone.
function(waystation_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;HIDES" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root})
  _waystation_link_headers(${root})
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${root}>)
    target_link_libraries(${name} PUBLIC ${arg_USES}
      PRIVATE ${arg_HIDES} waystation_flags)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE $<BUILD_INTERFACE:${root}>)
    target_link_libraries(${name} INTERFACE ${arg_USES})
  endif()
endfunction()

# waystation_program(name SOURCES ... USES ...)
function(waystation_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  string(REPLACE "-" "_" root_name ${name})
  set(root ${CMAKE_BINARY_DIR}/include/program_${root_name})
  file(MAKE_DIRECTORY ${root})
  _waystation_link_headers(${root})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${root})
  target_link_libraries(${name} PRIVATE ${arg_USES} waystation_flags)
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
    target_link_libraries(${name} PRIVATE tsan_absl_mutex)
  endif()
endfunction()

# glibc's allocator takes a fifth of the hub's time to merge what it gets back, and
# a tenth of an adapter's (tests/bench/RESULTS.md). Sanitizers bring one of their
# own.
function(waystation_use_jemalloc program)
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
    target_link_libraries(${program} PRIVATE PkgConfig::JEMALLOC)
  endif()
endfunction()

# waystation_test(name SOURCES ... USES ... [LABELS ...]): one GoogleTest
# program, known to ctest as one test. The label `quick` puts it into
# `tests/run.sh --quick`; `asan` and `tsan` into the sanitizer builds.
function(waystation_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;USES;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  waystation_program(${name} SOURCES ${arg_SOURCES}
    USES ${arg_USES} GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_compile_definitions(${name} PRIVATE
    WAYSTATION_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    WAYSTATION_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES
    LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  foreach(label ${arg_LABELS})
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()
endfunction()

# waystation_python_test(name script [LABELS ...]): a story told to the programs
# in build/<preset>/bin, which the script gets as its argument.
function(waystation_python_test name script)
  cmake_parse_arguments(arg "" "TIMEOUT" "LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set(path ${CMAKE_BINARY_DIR}/python ${CMAKE_SOURCE_DIR}/tests/harness
    ${CMAKE_SOURCE_DIR}/tests/scenarios/wayctl
    ${CMAKE_SOURCE_DIR}/client/examples/python)
  list(JOIN path ":" path)
  add_test(NAME ${name}
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/${script}
      ${CMAKE_BINARY_DIR}/bin)
  set_tests_properties(${name} PROPERTIES
    LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "PYTHONPATH=${path};PYTHONDONTWRITEBYTECODE=1")
endfunction()

# waystation_migrations(store): the steps of that store's schema, files of
# migrations/ beside it, as text in the program: migration_list.cc.
function(waystation_migrations store)
  file(GLOB steps CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql)
  list(SORT steps)
  set(migrations "")
  foreach(step ${steps})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${step})
    get_filename_component(name ${step} NAME_WE)
    string(REGEX MATCH "^[0-9]+" version ${name})
    math(EXPR version "1${version} - 10000")  # "0008" is not an octal number.
    file(READ ${step} sql)
    string(APPEND migrations
      "    {${version}, \"${name}\", R\"sql(\n${sql})sql\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/migration_list.cc
    CONTENT [[// Generated from migrations/*.sql.
#include "server/storage/@store@/migrations.h"

namespace waystation::storage::@store@ {

std::span<const Migration> Migrations() {
  static constexpr Migration kMigrations[] = {
@migrations@  };
  return kMigrations;
}

}  // namespace waystation::storage::@store@
]] @ONLY)
endfunction()
