// SPDX-License-Identifier: Apache-2.0
#include <xlsxwriter.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "client/wayctl/report_document.h"
#include "proto/codes/text.h"
#include "proto/runtime/file.h"

namespace waystation::wayctl {
namespace {

// What 2,000 rows of a report come to is far below.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;

lxw_col_t Col(std::size_t column) { return static_cast<lxw_col_t>(column); }

// One sheet, row by row. Text is written as text: what begins like a formula is
// none.
class Sheet {
 public:
  explicit Sheet(lxw_worksheet* sheet) : sheet_(sheet) {}

  void Text(std::size_t column, const std::string& text, lxw_format* format) {
    Keep(worksheet_write_string(sheet_, row_, Col(column),
                                codes::DisplaySafe(text).c_str(), format));
  }
  void Number(std::size_t column, double number, lxw_format* format) {
    Keep(worksheet_write_number(sheet_, row_, Col(column), number, format));
  }
  void NextRow() { ++row_; }
  lxw_row_t row() const { return row_; }
  lxw_error error() const { return error_; }

 private:
  void Keep(lxw_error error) {
    if (error_ == LXW_NO_ERROR) error_ = error;
  }

  lxw_worksheet* sheet_;
  lxw_row_t row_ = 0;
  lxw_error error_ = LXW_NO_ERROR;
};

struct Formats {
  explicit Formats(lxw_workbook* book)
      : bold(workbook_add_format(book)),
        head(workbook_add_format(book)),
        percent(workbook_add_format(book)),
        per_thousand(workbook_add_format(book)),
        ratio(workbook_add_format(book)),
        wrapped(workbook_add_format(book)) {
    format_set_bold(bold);
    format_set_bold(head);
    format_set_text_wrap(head);
    format_set_bottom(head, LXW_BORDER_THIN);
    format_set_num_format(percent, "0.0%");
    format_set_num_format(per_thousand, "0.0\"‰\"");
    format_set_num_format(ratio, "0.00");
    format_set_text_wrap(wrapped);
  }

  lxw_format* bold;
  lxw_format* head;
  lxw_format* percent;
  lxw_format* per_thousand;
  lxw_format* ratio;
  lxw_format* wrapped;
};

void WriteHead(const ReportDocument& document, const Formats& formats,
               Sheet& sheet) {
  std::size_t at = 0;
  for (const ReportTable::Column& column : document.table.columns) {
    if (column.is_share) {
      sheet.Text(at++, column.title + " " + document.numerator, formats.head);
      sheet.Text(at++, column.title + " " + document.denominator, formats.head);
    }
    sheet.Text(at++, column.title, formats.head);
  }
  sheet.NextRow();
}

void WriteRow(const ReportTable& table, const std::vector<ReportCell>& row,
              const Formats& formats, Sheet& sheet) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const ReportCell& cell = row[i];
    if (table.columns[i].is_share) {
      if (cell.share.has_value()) {
        const auto numerator = static_cast<double>(cell.share->numerator);
        const auto denominator = static_cast<double>(cell.share->denominator);
        sheet.Number(at, numerator, nullptr);
        sheet.Number(at + 1, denominator, nullptr);
        if (denominator > 0) {
          const double value = numerator / denominator;
          if (cell.share->out_of == 100) {
            sheet.Number(at + 2, value, formats.percent);
          } else {
            sheet.Number(at + 2, value * cell.share->out_of,
                         formats.per_thousand);
          }
        }
      }
      at += 3;
      continue;
    }
    if (cell.number.has_value()) {
      sheet.Number(at, static_cast<double>(*cell.number), nullptr);
    } else if (cell.ratio.has_value()) {
      sheet.Number(at, *cell.ratio, formats.ratio);
    } else if (!cell.text.empty()) {
      sheet.Text(at, cell.text, nullptr);
    }
    ++at;
  }
  sheet.NextRow();
}

// Under that name, or under a number where a sheet may not be called so.
lxw_worksheet* AddSheet(lxw_workbook* book, const std::string& name) {
  const bool is_name =
      workbook_validate_sheet_name(book, name.c_str()) == LXW_NO_ERROR;
  return workbook_add_worksheet(book, is_name ? name.c_str() : nullptr);
}

lxw_error Write(const ReportDocument& document, lxw_workbook* book) {
  const Formats formats(book);
  lxw_worksheet* figures = AddSheet(book, document.title);
  lxw_worksheet* notes = AddSheet(book, document.notes_title);
  Sheet sheet(figures);
  sheet.Text(0, document.title, formats.bold);
  sheet.NextRow();
  for (const ReportDocument::Line& fact : document.facts) {
    sheet.Text(0, fact.label, nullptr);
    sheet.Text(1, fact.text, nullptr);
    sheet.NextRow();
  }
  sheet.NextRow();
  const lxw_row_t head = sheet.row();
  WriteHead(document, formats, sheet);
  for (const std::vector<ReportCell>& row : document.table.rows) {
    WriteRow(document.table, row, formats, sheet);
  }
  worksheet_freeze_panes(figures, head + 1, Col(document.table.names));
  worksheet_set_column(figures, 0, Col(document.table.columns.size() * 3), 14,
                       nullptr);
  worksheet_set_landscape(figures);
  worksheet_set_paper(figures, 9);  // A4
  worksheet_fit_to_pages(figures, 1, 0);
  worksheet_repeat_rows(figures, head, head);

  Sheet words(notes);
  words.Text(0, document.notes_title, formats.bold);
  for (const std::string& note : document.notes) {
    words.NextRow();
    words.Text(0, note, formats.wrapped);
  }
  worksheet_set_column(notes, 0, 0, 100, nullptr);
  worksheet_set_paper(notes, 9);
  worksheet_fit_to_pages(notes, 1, 0);
  return sheet.error() != LXW_NO_ERROR ? sheet.error() : words.error();
}

}  // namespace

absl::StatusOr<std::string> WorkbookOf(const ReportDocument& document) {
  std::error_code no_folder;
  const std::filesystem::path temporary =
      std::filesystem::temp_directory_path(no_folder);
  std::string folder = (temporary / "wayctl-XXXXXX").string();
  if (no_folder || mkdtemp(folder.data()) == nullptr) {
    return runtime::NotWritten(folder, no_folder ? no_folder.value() : errno);
  }
  const absl::Cleanup remove = [&folder] {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  };
  const std::string path = folder + "/report.xlsx";
  lxw_workbook_options options{
      .constant_memory = LXW_FALSE, .tmpdir = folder.data(), .use_zip64 = 0};
  lxw_workbook* const book = workbook_new_opt(path.c_str(), &options);
  if (book == nullptr) return runtime::NotWritten(path, ENOMEM);
  lxw_error error = Write(document, book);
  // Frees the book, whatever comes of it.
  const lxw_error closed = workbook_close(book);
  if (error == LXW_NO_ERROR) error = closed;
  if (error != LXW_NO_ERROR) return runtime::NotWritten(path, EIO);
  return runtime::ReadFile(path, kMostBytes);
}

}  // namespace waystation::wayctl
