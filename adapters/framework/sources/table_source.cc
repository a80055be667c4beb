// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/table_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "adapters/framework/decoding/sniff.h"
#include "adapters/framework/decoding/utf16.h"
#include "adapters/framework/sources/find_columns.h"
#include "proto/errors/error.h"

namespace waystation::adapters {
namespace {

constexpr std::string_view kDosEnd = "\x1A";

// The name in a header cell: trimmed, without a label behind a backtick.
std::string ColumnName(Charset charset, std::string_view cell) {
  std::string text;
  if (Decode(charset, cell, text)) text.assign(cell);
  text = text.substr(0, text.find('`'));
  return std::string(absl::StripAsciiWhitespace(text));
}

bool IsBlank(std::string_view row) { return row.empty() || row == kDosEnd; }

}  // namespace

absl::StatusOr<std::unique_ptr<TableSource>> TableSource::Open(
    const std::string& path, const TableFormat& format,
    const std::vector<std::string>& wanted) {
  auto reader = ByteReader::Open(path, format.dialect.charset);
  if (!reader.ok()) return reader.status();
  auto source =
      std::unique_ptr<TableSource>(new TableSource(*std::move(reader), format));
  if (source->file_size() == 0) {
    return errors::Error("FILE_EMPTY", {.metadata = {{"file", path}}});
  }
  if (auto read = source->ReadHeader(format); !read.ok()) return read;
  auto found = FindColumns(path, source->columns_, wanted);
  if (!found.ok()) return found.status();
  source->wanted_ = *std::move(found);
  source->scratch_.resize(source->wanted_.size());
  return source;
}

TableSource::TableSource(ByteReader reader, const TableFormat& format)
    : reader_(std::move(reader)),
      dialect_(format.dialect),
      file_charset_(format.dialect.charset),
      columns_(format.columns) {
  if (dialect_.charset == Charset::kUtf16Le) dialect_.charset = Charset::kUtf8;
}

absl::Status TableSource::ReadHeader(const TableFormat& format) {
  if (!format.columns.empty()) return absl::OkStatus();
  if (auto filled = reader_.Fill(kMaxRow); !filled.ok()) return filled;
  if (reader_.window().empty()) return absl::OkStatus();
  const SplitRow row =
      Split(dialect_, reader_.window(), reader_.at_end(), spans_);
  if (row.end != SplitRow::End::kRow) {
    return errors::Error("HEADER_UNREADABLE");
  }
  header_ = OriginalBytes(reader_.window().substr(0, row.size));
  std::string scratch;
  for (const Span& span : spans_) {
    columns_.push_back(ColumnName(dialect_.charset,
                                  FieldBytes(reader_.window(), span, scratch)));
  }
  Take(row.size_with_end, row.inner_lines + 1);
  return absl::OkStatus();
}

absl::StatusOr<const Row*> TableSource::Next() {
  reader_.Skip(std::exchange(to_skip_, 0));
  for (;;) {
    if (auto filled = reader_.Fill(kMaxRow); !filled.ok()) return filled;
    const std::string_view text = reader_.window();
    if (text.empty()) return nullptr;
    const SplitRow row = Split(dialect_, text, reader_.at_end(), spans_);
    row_.line = line_;
    row_.defect.reset();
    row_.fields.clear();
    if (row.end == SplitRow::End::kTooLong) {
      if (auto skipped = SkipOverlongRow(); !skipped.ok()) return skipped;
      SetDefect("ROW_TOO_LONG", 0);
      return &row_;
    }
    row_.raw = text.substr(0, row.size);
    if (IsBlank(row_.raw)) {
      Take(row.size_with_end, 1);
      reader_.Skip(std::exchange(to_skip_, 0));
      continue;
    }
    if (row.end == SplitRow::End::kBadQuote) {
      SetDefect("ROW_QUOTE", row.field);
    } else if (spans_.size() != columns_.size()) {
      SetDefect("ROW_COLUMNS", 0);
      if (row.inner_lines > 0) {
        // A stray quote joined this line to those behind it: it alone is bad.
        const std::size_t line = text.find('\n');
        row_.raw = text.substr(0, line);
        if (row_.raw.ends_with('\r')) row_.raw.remove_suffix(1);
        SetDefect("ROW_QUOTE", 0);
        Take(line + 1, 1);
        return &row_;
      }
    } else if (row_.raw.find('\0') != std::string_view::npos) {
      SetDefect("ROW_NUL", 0);
    } else if (dialect_.charset != Charset::kUtf8 && LooksLikeUtf8(row_.raw)) {
      SetDefect("ROW_CHARSET", 0);
    } else {
      SetFields(row_.raw);
    }
    Take(row.size_with_end, row.inner_lines + 1);
    return &row_;
  }
}

void TableSource::Take(std::size_t bytes, std::uint64_t lines) {
  // The row is a view of the window, so its bytes go at the next call.
  to_skip_ = bytes;
  line_ += lines;
}

absl::Status TableSource::SkipOverlongRow() {
  // Of a row of several lines the first one: those behind it are read next.
  const std::string_view window = reader_.window().substr(0, kMaxRow);
  overlong_.assign(window.substr(0, window.find('\n')));
  if (overlong_.size() < window.size() && overlong_.ends_with('\r')) {
    overlong_.pop_back();
  }
  row_.raw = overlong_;
  for (;;) {
    const std::size_t end = reader_.window().find('\n');
    if (end != std::string_view::npos) {
      Take(end + 1, 1);
      return absl::OkStatus();
    }
    reader_.Skip(reader_.window().size());
    if (reader_.at_end()) return absl::OkStatus();
    if (auto filled = reader_.Fill(kMaxRow); !filled.ok()) return filled;
  }
}

void TableSource::SetFields(std::string_view raw) {
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    row_.fields.push_back(FieldBytes(raw, spans_[wanted_[i]], scratch_[i]));
  }
}

void TableSource::SetDefect(std::string_view reason, std::size_t column) {
  const bool known = column > 0 && column <= columns_.size();
  row_.defect = Defect{reason, known ? columns_[column - 1] : ""};
}

Charset TableSource::charset() const { return dialect_.charset; }

std::string TableSource::WantedBytes(const Row& row) const {
  std::string out;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    if (column > 0) out.push_back(dialect_.delimiter);
    const auto wanted = std::find(wanted_.begin(), wanted_.end(), column);
    if (wanted == wanted_.end()) continue;
    const auto index = static_cast<std::size_t>(wanted - wanted_.begin());
    AppendField(dialect_, row.fields[index], out);
  }
  return OriginalBytes(out);
}

std::string TableSource::OriginalBytes(std::string_view raw) const {
  return file_charset_ == Charset::kUtf16Le ? utf16::FromBytes(raw)
                                            : std::string(raw);
}

}  // namespace waystation::adapters
