# SPDX-License-Identifier: Apache-2.0
# Of the preset `fuzz`: parsers from Debian that our readers call, so that what
# goes wrong inside them is seen too. Protobuf and yaml-cpp are compiled from the
# source of the very package that is installed (deploy/lib/sources.sh brings it).
# shapelib is Debian's own machine code, whose memory is guarded instead
# (tests/fuzz/guarded_memory.h). RapidJSON is headers, and instrumented as we are.
set(sources ${CMAKE_SOURCE_DIR}/build/tools/sources)
foreach(package libprotobuf-dev libyaml-cpp-dev)
  if(NOT EXISTS ${sources}/${package}.version)
    message(FATAL_ERROR "The source of ${package} is not there. Run "
      "deploy/lib/sources.sh libprotobuf-dev libyaml-cpp-dev, or "
      "tests/run.sh --fuzz, which does.")
  endif()
endforeach()

# instrumented_library(name folder pattern...)
function(instrumented_library name folder)
  list(TRANSFORM ARGN PREPEND ${folder}/)
  file(GLOB files RELATIVE ${folder} ${ARGN})
  list(FILTER files EXCLUDE REGEX "(^|/)(test|mock)_|test\\.cc$|_test|_benchmark")
  list(TRANSFORM files PREPEND ${folder}/)
  add_library(${name} STATIC ${files})
  # Undefined behaviour of others that harms nothing is theirs to mend.
  target_compile_options(${name} PRIVATE -fno-sanitize=undefined)
  target_link_libraries(${name} PUBLIC Threads::Threads)
endfunction()

set(protobuf ${sources}/libprotobuf-dev/src/google/protobuf)
instrumented_library(instrumented_protobuf ${protobuf}
  *.cc io/*.cc stubs/*.cc util/*.cc util/internal/*.cc)
# The second one: the order of a map is drawn from the clock, and what a run finds
# worth going on with would be too.
target_compile_definitions(instrumented_protobuf PRIVATE HAVE_PTHREAD
  PUBLIC GOOGLE_PROTOBUF_NO_RDTSC)
target_include_directories(instrumented_protobuf SYSTEM
  PUBLIC ${sources}/libprotobuf-dev/src)
add_library(protobuf::libprotobuf ALIAS instrumented_protobuf)
find_program(PROTOC protoc REQUIRED)
add_executable(protobuf::protoc IMPORTED)
set_target_properties(protobuf::protoc PROPERTIES IMPORTED_LOCATION ${PROTOC})
set(Protobuf_FOUND TRUE)  # gRPC, which no target of this preset links, asks.

instrumented_library(yaml-cpp ${sources}/libyaml-cpp-dev/src *.cpp)
target_compile_definitions(yaml-cpp PUBLIC YAML_CPP_STATIC_DEFINE)
target_include_directories(yaml-cpp SYSTEM
  PUBLIC ${sources}/libyaml-cpp-dev/include)

find_library(SHAPELIB_ARCHIVE libshp.a REQUIRED)
find_program(OBJCOPY objcopy REQUIRED)
set(guarded ${CMAKE_BINARY_DIR}/libshp_guarded.a)
add_custom_command(OUTPUT ${guarded}
  COMMAND ${OBJCOPY} --redefine-sym malloc=GuardedMalloc
    --redefine-sym calloc=GuardedCalloc --redefine-sym realloc=GuardedRealloc
    --redefine-sym free=GuardedFree ${SHAPELIB_ARCHIVE} ${guarded}
  DEPENDS ${SHAPELIB_ARCHIVE}
  VERBATIM)
add_custom_target(guarded_shapelib_archive DEPENDS ${guarded})
add_library(guarded_shapelib INTERFACE)
add_dependencies(guarded_shapelib guarded_shapelib_archive)
target_link_libraries(guarded_shapelib INTERFACE ${guarded} fuzz_guarded_memory)
add_library(PkgConfig::SHAPELIB ALIAS guarded_shapelib)
