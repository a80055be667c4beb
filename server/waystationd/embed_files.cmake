# SPDX-License-Identifier: Apache-2.0
# cmake -D OUT=x.cc -D NAME=DefaultAgreements -D "FILES=a.yaml;b.yaml"
#   -P embed_files.cmake
# writes a function of default_files.h that answers the files as they are now.
set(text "// Made from files of deploy/.
#include \"server/waystationd/default_files.h\"
namespace waystation::waystationd {
namespace {
constexpr DefaultFile kFiles[] = {
")
foreach(file ${FILES})
  file(READ ${file} content)
  get_filename_component(name ${file} NAME)
  string(APPEND text "{\"${name}\", R\"yaml(${content})yaml\"},\n")
endforeach()
string(APPEND text "};
}  // namespace
std::span<const DefaultFile> ${NAME}() { return kFiles; }
}  // namespace waystation::waystationd
")
file(WRITE ${OUT} "${text}")
