# SPDX-License-Identifier: Apache-2.0
# Writes a C++ file that holds a text file as a string:
#   cmake -D IN=data/x.tsv -D OUT=x.cc -D NAME=kX -P embed.cmake
file(READ ${IN} content)
file(WRITE ${OUT} "// Made from ${NAME}'s file under proto/codes/data.
#include \"proto/codes/data.h\"
namespace waystation::codes::data {
const std::string_view ${NAME} = R\"tsv(${content})tsv\";
}  // namespace waystation::codes::data
")
