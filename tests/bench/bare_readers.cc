// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/bare_readers.h"

#include <rapidjson/filereadstream.h>
#include <rapidjson/reader.h>
#include <shapefil.h>
#include <unicode/ucnv.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

namespace waystation::bench {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;

[[noreturn]] void Die(const std::string& path) {
  std::fprintf(stderr, "bench_adapter: cannot read %s\n", path.c_str());
  std::exit(1);
}

// Counts strings that say "Patient", as resourceType does.
struct Counter : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Counter> {
  ReadResult result;

  bool Default() { return true; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    result.bytes += size;
    result.rows += std::string_view(text, size) == "Patient" ? 1 : 0;
    return true;
  }
};

}  // namespace

ReadResult ReadWithIcu(const std::string& path, char16_t delimiter) {
  std::ifstream file(path, std::ios::binary);
  UErrorCode error = U_ZERO_ERROR;
  UConverter* converter = ucnv_open("gb18030", &error);
  if (U_FAILURE(error)) Die(path);
  std::vector<char> chunk(kChunk);
  std::vector<UChar> text(chunk.size());
  ReadResult result;
  std::u16string field;
  for (;;) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const std::streamsize got = file.gcount();
    if (got == 0) break;
    const char* from = chunk.data();
    UChar* to = text.data();
    ucnv_toUnicode(converter, &to, text.data() + text.size(), &from,
                   chunk.data() + got, nullptr, 0, &error);
    if (U_FAILURE(error)) Die(path);
    for (const UChar* c = text.data(); c != to; ++c) {
      if (*c == delimiter || *c == u'\n') {
        result.bytes += field.size();
        result.rows += *c == u'\n' ? 1 : 0;
        field.clear();
      } else {
        field.push_back(*c);
      }
    }
  }
  ucnv_close(converter);
  return result;
}

ReadResult ReadWithShapelib(const std::string& path) {
  DBFHandle table = DBFOpen(path.c_str(), "rb");
  if (table == nullptr) Die(path);
  const int records = DBFGetRecordCount(table);
  const int fields = DBFGetFieldCount(table);
  ReadResult result;
  for (int record = 0; record < records; ++record) {
    for (int field = 0; field < fields; ++field) {
      result.bytes += std::strlen(DBFReadStringAttribute(table, record, field));
    }
    ++result.rows;
  }
  DBFClose(table);
  return result;
}

ReadResult ReadWithRapidJson(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) Die(path);
  std::vector<char> chunk(kChunk);
  rapidjson::FileReadStream stream(file, chunk.data(), chunk.size());
  Counter counter;
  rapidjson::Reader reader;
  reader.Parse<rapidjson::kParseDefaultFlags>(stream, counter);
  std::fclose(file);
  return counter.result;
}

}  // namespace waystation::bench
