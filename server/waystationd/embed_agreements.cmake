# SPDX-License-Identifier: Apache-2.0
# cmake -D OUT=x.cc -D FOLDER=deploy/agreements -P embed_agreements.cmake
file(GLOB files ${FOLDER}/*.yaml)
set(text "// Made from deploy/agreements.
#include \"server/waystationd/default_agreements.h\"
namespace waystation::waystationd {
namespace {
constexpr DefaultAgreement kAgreements[] = {
")
foreach(file ${files})
  file(READ ${file} content)
  get_filename_component(name ${file} NAME)
  string(APPEND text "{\"${name}\", R\"yaml(${content})yaml\"},\n")
endforeach()
string(APPEND text "};
}  // namespace
std::span<const DefaultAgreement> DefaultAgreements() { return kAgreements; }
}  // namespace waystation::waystationd
")
file(WRITE ${OUT} "${text}")
