// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sinks/table_sink.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "adapters/framework/decoding/charset.h"
#include "adapters/framework/decoding/replacing.h"
#include "adapters/framework/sinks/view_text.h"
#include "adapters/framework/sources/split.h"
#include "proto/runtime/file.h"
#include "waystation/v1/mailbox_service.pb.h"

namespace waystation::adapters {
namespace {

// A table without quotes can hold neither its delimiter nor a line end within a
// value; a full-width form and a space say nearly the same.
std::string WithoutMarks(std::string_view text, char delimiter) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out.push_back(' ');
    } else if (c == delimiter) {
      // U+FF01 to U+FF5E are the full-width forms of '!' to '~'.
      const int wide = c == '\t' ? 0x3000 : 0xFF01 + (c - '!');
      out.push_back(static_cast<char>(0xE0 | wide >> 12));
      out.push_back(static_cast<char>(0x80 | ((wide >> 6) & 0x3F)));
      out.push_back(static_cast<char>(0x80 | (wide & 0x3F)));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TableSink>> TableSink::Open(
    const std::string& folder, std::shared_ptr<const Mapping> mapping) {
  auto sink =
      std::unique_ptr<TableSink>(new TableSink(folder, std::move(mapping)));
  auto text = ViewText::Compile(*sink->mapping_);
  if (!text.ok()) return text.status();
  sink->text_ = *std::move(text);
  sink->columns_ = sink->text_->columns();
  sink->replaced_.resize(sink->columns_.size());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return runtime::NotWritten(folder, error.value());
  sink->RemoveLeftovers();
  return sink;
}

absl::Status TableSink::Check(const Mapping& mapping) {
  return ViewText::Compile(mapping).status();
}

// What a process that ended while it wrote has left. Nobody imports it: it is
// not yet under the name that imports look for.
void TableSink::RemoveLeftovers() const {
  const config::v1::Export& config = mapping_->config().export_();
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end;
       !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    if (name.starts_with(config.file_prefix() + "_") &&
        name.ends_with(config.file_suffix() + ".new")) {
      std::error_code ignored;
      std::filesystem::remove(at->path(), ignored);
    }
  }
}

TableSink::TableSink(std::string folder, std::shared_ptr<const Mapping> mapping)
    : folder_(std::move(folder)), mapping_(std::move(mapping)) {}

TableSink::~TableSink() = default;

void TableSink::Add(const v1::MailboxPage& page) {
  const absl::Time as_of = absl::FromUnixSeconds(page.as_of_time().seconds());
  for (const v1::MailboxEntry& entry : page.entries()) {
    ++table_.changes;
    for (const std::string& key : entry.view().record_keys()) {
      if (bytes_.empty()) AppendRow(columns_);
      AppendRow(text_->Row(entry, key, as_of));
      ++table_.rows;
    }
  }
}

void TableSink::AppendRow(const std::vector<std::string>& fields) {
  const Dialect& dialect = mapping_->table().dialect;
  // UTF-16 is written as a whole at the end.
  const Charset charset =
      dialect.charset == Charset::kUtf16Le ? Charset::kUtf8 : dialect.charset;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) bytes_.push_back(dialect.delimiter);
    std::string field;
    const bool replaced = EncodeReplacing(
        charset,
        dialect.quotes ? fields[i] : WithoutMarks(fields[i], dialect.delimiter),
        field);
    if (replaced) ++replaced_[i];
    AppendField(dialect, field, bytes_);
  }
  bytes_.push_back('\n');
}

absl::StatusOr<WrittenTable> TableSink::Write(std::uint64_t number,
                                              absl::Time now) {
  if (bytes_.empty()) return std::exchange(table_, {});
  const config::v1::Export& config = mapping_->config().export_();
  const std::string name =
      absl::StrCat(config.file_prefix(), "_",
                   absl::FormatTime("%Y%m%d", now + mapping_->utc_offset(),
                                    absl::UTCTimeZone()),
                   "_", absl::StrFormat("%06d", number), config.file_suffix());
  const std::string path = folder_ + "/" + name;
  std::string utf16;
  if (mapping_->table().dialect.charset == Charset::kUtf16Le) {
    utf16 = "\xFF\xFE";
    Encode(Charset::kUtf16Le, bytes_, utf16);
  }
  const std::string& bytes = utf16.empty() ? bytes_ : utf16;
  if (auto written = runtime::ReplaceFile(path, bytes, 0640); !written.ok()) {
    return written;
  }
  bytes_.clear();
  table_.path = path;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (replaced_[i] > 0)
      table_.unwritable.emplace_back(columns_[i], replaced_[i]);
  }
  std::fill(replaced_.begin(), replaced_.end(), 0);
  return std::exchange(table_, {});
}

}  // namespace waystation::adapters
