// SPDX-License-Identifier: Apache-2.0
// How rows stand on a sheet of the quarantine, so that whoever reads it as an
// export finds each as it was. Pure.
//
//     sheet := head (row end)*
//     head  := mark? (header end)?
//     mark  := byte order mark: always in UTF-16; else where the header, or the
//              first row of a sheet without one, begins with the bytes of a
//              mark, which would be taken for the file's
//     end   := LF | CR LF behind a row or header that ends with CR
//
// What an editor may have changed is taken as well: a mark more, and CR LF.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_SHEET_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_SHEET_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/framework/decoding/charset.h"
#include "adapters/framework/sources/split.h"

namespace waystation::adapters {

std::string LineEnd(Charset charset);

// A CR at the end of a row would be taken for the line's: such a row gets one
// more.
std::string LineEndBehind(Charset charset, std::string_view row);

// The mark that a sheet needs which begins with `text`; empty if it needs none.
std::string MarkBefore(Charset charset, std::string_view text);

// What stands before `rows`. Without a header line `header` is empty.
std::string HeadOf(Charset charset, std::string_view header,
                   std::string_view rows);

// Whether a sheet that begins with `front` has this header, whatever mark and
// line end it has. Precondition: `front` is the whole sheet, or at least 8
// bytes longer than the header.
bool HasHead(Charset charset, std::string_view header, std::string_view front);

// The head and the rows of a sheet, from its front to its end. Not thread-safe.
class SheetReader {
 public:
  // `bytes` as the sheet holds them.
  SheetReader(const Dialect& dialect, std::string_view bytes);

  // Takes the head, which is called first. Names of columns that are quoted may
  // stand on several lines.
  std::string TakeHead(bool has_header);

  bool at_end() const { return rest_.empty(); }

  struct Piece {
    // Without its line end, and with one, in the sheet's own bytes.
    std::string row;
    std::string line;
    std::size_t size = 0;
  };
  // What is next as one line, and as one row if that has several; nullopt if
  // quotes join none. Precondition: !at_end().
  Piece Line() const;
  std::optional<Piece> Row();
  void Skip(const Piece& piece) { rest_.remove_prefix(piece.size); }

 private:
  Piece PieceOf(std::size_t size) const;
  std::string BytesOf(std::string_view text) const;

  Charset charset_;
  // Of the text, which is UTF-8 where the sheet is in UTF-16.
  Dialect dialect_;
  std::string text_;
  std::string_view rest_;
  std::vector<Span> fields_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_QUARANTINE_SHEET_H_
