// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/dbf_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "adapters/framework/decoding/sniff.h"
#include "adapters/framework/sources/find_columns.h"
#include "proto/errors/error.h"

namespace waystation::adapters {
namespace {

constexpr std::size_t kSniffed = std::size_t{64} << 10;
constexpr char kLive = ' ';
constexpr char kDeleted = '*';
constexpr std::string_view kFill(" \0", 2);

// The bytes of a file that are looked at before shapelib opens it.
class Look {
 public:
  explicit Look(const std::string& path)
      : file_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Look() {
    if (file_ >= 0) close(file_);
  }
  Look(const Look&) = delete;
  Look& operator=(const Look&) = delete;

  // 0 for what can be opened and is a file.
  int Check() {
    struct stat status {};
    if (file_ < 0 || fstat(file_, &status) != 0) return errno;
    if (!S_ISREG(status.st_mode)) return EISDIR;
    size_ = static_cast<std::uint64_t>(status.st_size);
    return 0;
  }

  std::uint64_t size() const { return size_; }

  std::string At(std::uint64_t offset, std::size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t got =
        pread(file_, bytes.data(), size, static_cast<off_t>(offset));
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return bytes;
  }

 private:
  int file_;
  std::uint64_t size_ = 0;
};

// Whether a code page is that of another language whose characters take two
// bytes: then the text is likely to be in it. All else says little.
bool IsOfAnotherLanguage(std::uint8_t code_page) {
  switch (code_page) {
    case 0x13:  // Shift-JIS
    case 0x7B:
    case 0x4E:  // EUC-KR
    case 0x79:
    case 0x4F:  // Big5
    case 0x78:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<DbfHeader> CheckFile(const std::string& path, const Look& look,
                                    Charset charset) {
  if (look.size() == 0) {
    return errors::Error("FILE_EMPTY", {.metadata = {{"file", path}}});
  }
  auto header = ReadDbfHeader(look.At(0, kMaxDbfHeader), look.size());
  if (!header.ok()) return header;
  if (auto whole = CheckNothingUncounted(*header, look.At(header->end(), 1),
                                         look.size());
      !whole.ok()) {
    return whole;
  }
  if (const auto other =
          SurelyAnother(charset, look.At(header->header_size, kSniffed))) {
    return errors::Error(
        "FILE_CHARSET",
        {.rule = std::string(CharsetName(charset)),
         .metadata = {{"file", path},
                      {"found", std::string(CharsetName(*other))}}});
  }
  return header;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DbfSource>> DbfSource::Open(
    const std::string& path, const TableFormat& format,
    const std::vector<std::string>& wanted) {
  Look look(path);
  if (const int error = look.Check(); error != 0) {
    return errors::Error(
        "FILE_MISSING",
        {.field = path, .rule = std::generic_category().message(error)});
  }
  auto header = CheckFile(path, look, format.dialect.charset);
  if (!header.ok()) return header.status();
  auto table = DbfTable::Open(path);
  // What passed the check opens and reads alike, unless it is another by now.
  if (!table || table->records() != header->records ||
      table->record_size() != header->record_size ||
      table->fields() != header->fields) {
    return errors::Error("FILE_CHANGED");
  }
  auto source = std::unique_ptr<DbfSource>(new DbfSource(
      *std::move(table), *std::move(header), look.size(), format.dialect));
  if (auto found = source->FindFields(path, wanted); !found.ok()) return found;
  return source;
}

DbfSource::DbfSource(DbfTable table, DbfHeader header, std::uint64_t file_size,
                     const Dialect& dialect)
    : table_(std::move(table)),
      header_(std::move(header)),
      file_size_(file_size),
      dialect_(dialect) {
  std::size_t at = 1;  // behind the mark
  for (const DbfField& field : header_.fields) {
    std::string name;
    if (Decode(dialect_.charset, field.name, name)) name = field.name;
    columns_.push_back(std::move(name));
    if (at > 1) header_line_.push_back(dialect_.delimiter);
    AppendField(dialect_, field.name, header_line_);
    fields_.push_back({at, field.width, field.is_text()});
    at += field.width;
  }
}

absl::Status DbfSource::FindFields(const std::string& path,
                                   const std::vector<std::string>& wanted) {
  auto found = FindColumns(path, columns_, wanted);
  if (!found.ok()) return found.status();
  wanted_ = *std::move(found);
  for (const std::size_t column : wanted_) {
    if (fields_[column].is_text) continue;
    const DbfField& field = header_.fields[column];
    return errors::Error("COLUMN_TYPE", {.field = columns_[column],
                                         .rule = absl::StrFormat(
                                             "%c(%d)", field.type, field.width),
                                         .metadata = {{"file", path}}});
  }
  return absl::OkStatus();
}

absl::StatusOr<const Row*> DbfSource::Next() {
  for (; next_ < header_.records; ++next_) {
    const auto record = table_.Record(next_);
    if (!record) return errors::Error("FILE_CHANGED");
    if (record->front() == kDeleted) {
      ++deleted_;
      continue;
    }
    ++next_;
    row_.line = next_;
    row_.raw = *record;
    row_.fields.clear();
    row_.defect.reset();
    if (record->front() != kLive) {
      row_.defect = Defect{"ROW_MARK", ""};
    } else if (dialect_.charset != Charset::kUtf8 && LooksLikeUtf8(*record)) {
      row_.defect = Defect{"ROW_CHARSET", ""};
    } else {
      SetFields(*record);
    }
    return &row_;
  }
  return nullptr;
}

std::string_view DbfSource::Value(std::string_view record,
                                  std::size_t field) const {
  const Field& place = fields_[field];
  if (!place.is_text) return "";
  const std::string_view value = record.substr(place.begin, place.width);
  const std::size_t begin = value.find_first_not_of(kFill);
  if (begin == std::string_view::npos) return "";
  return value.substr(begin, value.find_last_not_of(kFill) + 1 - begin);
}

void DbfSource::SetFields(std::string_view record) {
  for (const std::size_t column : wanted_) {
    const std::string_view value = Value(record, column);
    if (value.find('\0') != std::string_view::npos) {
      row_.fields.clear();
      row_.defect = Defect{"ROW_NUL", columns_[column]};
      return;
    }
    row_.fields.push_back(value);
  }
}

std::string DbfSource::WantedBytes(const Row& row) const {
  std::string out;
  for (std::size_t column = 0; column < fields_.size(); ++column) {
    if (column > 0) out.push_back(dialect_.delimiter);
    const auto wanted = std::find(wanted_.begin(), wanted_.end(), column);
    if (wanted == wanted_.end()) continue;
    const auto index = static_cast<std::size_t>(wanted - wanted_.begin());
    AppendField(dialect_, row.fields[index], out);
  }
  return out;
}

std::string DbfSource::OriginalBytes(std::string_view raw) const {
  std::string out;
  for (std::size_t column = 0; column < fields_.size(); ++column) {
    if (column > 0) out.push_back(dialect_.delimiter);
    AppendField(dialect_, Value(raw, column), out);
  }
  return out;
}

std::map<Source::Kind, std::uint64_t> DbfSource::passed_over() const {
  if (deleted_ == 0) return {};
  return {{{"ROW_DELETED", ""}, deleted_}};
}

std::vector<std::string_view> DbfSource::doubts() const {
  if (!IsOfAnotherLanguage(header_.code_page)) return {};
  return {"CODE_PAGE_DIFFERS"};
}

std::uint64_t DbfSource::bytes_read() const {
  return std::min<std::uint64_t>(
      file_size_,
      header_.header_size + std::uint64_t{next_} * header_.record_size);
}

}  // namespace waystation::adapters
