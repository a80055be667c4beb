# SPDX-License-Identifier: Apache-2.0
# Writes a C++ file that holds a text file as a std::string_view, which HEADER
# declares in NAMESPACE:
#   cmake -D IN=data/x.tsv -D OUT=x.cc -D NAME=kX -D HEADER=proto/codes/data.h
#     -D NAMESPACE=waystation::codes::data -P embed.cmake
file(READ ${IN} content)
file(WRITE ${OUT} "// The file of ${NAME}.
#include \"${HEADER}\"
namespace ${NAMESPACE} {
const std::string_view ${NAME} = R\"embedded(${content})embedded\";
}  // namespace ${NAMESPACE}
")
