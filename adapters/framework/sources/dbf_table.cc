// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/dbf_table.h"

#include <fcntl.h>
#include <shapefil.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>
#include <utility>

namespace waystation::adapters {
namespace {

// What shapelib puts behind a name without its ending.
constexpr std::string_view kEnding = ".dbf";
constexpr std::size_t kChunk = std::size_t{256} << 10;

// One file, with a window of it: shapelib seeks before every record.
class File {
 public:
  explicit File(int file) : file_(file) { window_.reserve(kChunk); }
  ~File() { close(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void Seek(std::uint64_t offset) { at_ = offset; }

  // Whether all of `size` bytes could be read.
  bool Read(char* target, std::size_t size) {
    while (size > 0) {
      if (at_ < begin_ || at_ >= begin_ + window_.size()) {
        if (!Fill()) return false;
      }
      const std::size_t from = static_cast<std::size_t>(at_ - begin_);
      const std::size_t part = std::min(size, window_.size() - from);
      std::memcpy(target, window_.data() + from, part);
      target += part;
      size -= part;
      at_ += part;
    }
    return true;
  }

 private:
  bool Fill() {
    begin_ = at_;
    window_.resize(kChunk);
    ssize_t got = 0;
    do {
      got = pread(file_, window_.data(), kChunk, static_cast<off_t>(at_));
    } while (got < 0 && errno == EINTR);
    window_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return got > 0;
  }

  int file_;
  std::uint64_t at_ = 0;
  std::uint64_t begin_ = 0;
  std::string window_;
};

File& Of(SAFile file) { return *reinterpret_cast<File*>(file); }

SAFile Open(const char* name, const char*) {
  std::string path(name);
  if (!path.ends_with(kEnding)) return nullptr;
  path.resize(path.size() - kEnding.size());
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  return file < 0 ? nullptr : reinterpret_cast<SAFile>(new File(file));
}

SAOffset Read(void* target, SAOffset size, SAOffset count, SAFile file) {
  return Of(file).Read(static_cast<char*>(target), size * count) ? count : 0;
}

SAOffset Seek(SAFile file, SAOffset offset, int) {
  Of(file).Seek(offset);
  return 0;
}

int Close(SAFile file) {
  delete &Of(file);
  return 0;
}

void Ignore(const char*) {}

// Nothing else is called of a table that is only read.
SAHooks Hooks() {
  SAHooks hooks{};
  hooks.FOpen = Open;
  hooks.FRead = Read;
  hooks.FSeek = Seek;
  hooks.FClose = Close;
  hooks.Error = Ignore;
  return hooks;
}

}  // namespace

struct DbfTable::Handle {
  DBFHandle table;
  ~Handle() { DBFClose(table); }
};

std::optional<DbfTable> DbfTable::Open(const std::string& path) {
  SAHooks hooks = Hooks();
  const std::string name = path + std::string(kEnding);
  DBFHandle table = DBFOpenLL(name.c_str(), "rb", &hooks);
  if (table == nullptr) return std::nullopt;
  return DbfTable(std::unique_ptr<Handle>(new Handle{table}));
}

DbfTable::DbfTable(std::unique_ptr<Handle> handle)
    : handle_(std::move(handle)) {}
DbfTable::DbfTable(DbfTable&&) noexcept = default;
DbfTable::~DbfTable() = default;

std::vector<DbfField> DbfTable::fields() const {
  std::vector<DbfField> fields;
  for (int i = 0; i < DBFGetFieldCount(handle_->table); ++i) {
    std::array<char, XBASE_FLDNAME_LEN_READ + 1> name{};
    int width = 0;
    DBFGetFieldInfo(handle_->table, i, name.data(), &width, nullptr);
    fields.push_back({.name = DbfFieldName({name.data(), name.size()}),
                      .type = DBFGetNativeFieldType(handle_->table, i),
                      .width = static_cast<std::uint8_t>(width)});
  }
  return fields;
}

std::uint32_t DbfTable::records() const {
  return static_cast<std::uint32_t>(DBFGetRecordCount(handle_->table));
}

std::uint16_t DbfTable::record_size() const {
  return static_cast<std::uint16_t>(handle_->table->nRecordLength);
}

std::optional<std::string_view> DbfTable::Record(std::uint32_t index) {
  if (index > std::numeric_limits<int>::max()) return std::nullopt;
  const char* record = DBFReadTuple(handle_->table, static_cast<int>(index));
  if (record == nullptr) return std::nullopt;
  return std::string_view(record, record_size());
}

}  // namespace waystation::adapters
