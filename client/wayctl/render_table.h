// SPDX-License-Identifier: Apache-2.0
// Tables for people, by libsmartcols: it knows that a Chinese character takes
// two columns.
#ifndef CLIENT_WAYCTL_RENDER_TABLE_H_
#define CLIENT_WAYCTL_RENDER_TABLE_H_

#include <string>
#include <vector>

#include "client/wayctl/output.h"

namespace waystation::wayctl {

// Columns that the text takes on a terminal.
int Width(const std::string& text);

// `width` columns at most, long cells wrapped; 0 means as wide as it gets.
std::string RenderTable(const Table& table, int width, bool color);

// "label  value" lines, aligned.
std::string RenderFacts(const std::vector<Fact>& facts, int width);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_RENDER_TABLE_H_
