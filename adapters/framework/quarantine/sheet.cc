// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/quarantine/sheet.h"

#include <algorithm>

#include "adapters/framework/decoding/sniff.h"
#include "adapters/framework/decoding/utf16.h"

namespace waystation::adapters {
namespace {

// `ascii` in the charset.
std::string InBytes(Charset charset, std::string_view ascii) {
  return charset == Charset::kUtf16Le ? utf16::FromBytes(ascii)
                                      : std::string(ascii);
}

std::string_view MarkOf(Charset charset) {
  switch (charset) {
    case Charset::kGb18030:
    case Charset::kGbk:
      return "\x84\x31\x95\x33";
    case Charset::kUtf8:
      return "\xEF\xBB\xBF";
    case Charset::kUtf16Le:
      return "\xFF\xFE";
  }
  return "";
}

// Whether `front` begins with this header, whatever line end it has.
bool HasLine(Charset charset, std::string_view header, std::string_view front) {
  if (!front.starts_with(header)) return false;
  front.remove_prefix(header.size());
  return front.starts_with(LineEndBehind(charset, header)) ||
         front.starts_with(InBytes(charset, "\r\n"));
}

std::string_view WithoutEnd(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string LineEnd(Charset charset) { return InBytes(charset, "\n"); }

std::string LineEndBehind(Charset charset, std::string_view row) {
  const bool has_return = row.ends_with(InBytes(charset, "\r"));
  return InBytes(charset, has_return ? "\r\n" : "\n");
}

std::string MarkBefore(Charset charset, std::string_view text) {
  const bool needs_one =
      charset == Charset::kUtf16Le || FindByteOrderMark(text).has_value();
  return std::string(needs_one ? MarkOf(charset) : "");
}

std::string HeadOf(Charset charset, std::string_view header,
                   std::string_view rows) {
  if (header.empty()) return MarkBefore(charset, rows);
  return MarkBefore(charset, header)
      .append(header)
      .append(LineEndBehind(charset, header));
}

bool HasHead(Charset charset, std::string_view header, std::string_view front) {
  const std::string_view mark = MarkOf(charset);
  if (front.starts_with(mark) &&
      HasLine(charset, header, front.substr(mark.size()))) {
    return true;
  }
  return MarkBefore(charset, header).empty() && HasLine(charset, header, front);
}

SheetReader::SheetReader(const Dialect& dialect, std::string_view bytes)
    : charset_(dialect.charset), dialect_(dialect) {
  if (charset_ == Charset::kUtf16Le) {
    dialect_.charset = Charset::kUtf8;
    utf16::ToBytes(bytes, /*at_end=*/true, text_);
  } else {
    text_ = bytes;
  }
  rest_ = text_;
}

std::string SheetReader::TakeHead(bool has_header) {
  const std::string_view mark = MarkOf(dialect_.charset);
  std::string head;
  if (rest_.starts_with(mark)) {
    head = MarkOf(charset_);
    rest_.remove_prefix(mark.size());
  }
  if (!has_header || rest_.empty()) return head;
  const SplitRow row = Split(dialect_, rest_, /*at_end=*/true, fields_);
  const std::string header =
      BytesOf(WithoutEnd(rest_.substr(0, row.size_with_end)));
  rest_.remove_prefix(row.size_with_end);
  return head.append(header).append(LineEndBehind(charset_, header));
}

SheetReader::Piece SheetReader::Line() const {
  return PieceOf(std::min(rest_.find('\n'), rest_.size() - 1) + 1);
}

std::optional<SheetReader::Piece> SheetReader::Row() {
  const SplitRow row = Split(dialect_, rest_, /*at_end=*/true, fields_);
  if (row.end != SplitRow::End::kRow || row.inner_lines == 0) {
    return std::nullopt;
  }
  return PieceOf(row.size_with_end);
}

SheetReader::Piece SheetReader::PieceOf(std::size_t size) const {
  std::string_view text = rest_.substr(0, size);
  Piece piece{.row = BytesOf(WithoutEnd(text)), .line = "", .size = size};
  // The CR before the line's end stays: it may be the row's own.
  if (text.ends_with('\n')) text.remove_suffix(1);
  piece.line = BytesOf(text).append(LineEnd(charset_));
  return piece;
}

std::string SheetReader::BytesOf(std::string_view text) const {
  return InBytes(charset_, text);
}

}  // namespace waystation::adapters
