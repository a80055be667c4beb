// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/notices/spool.h"

#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "adapters/framework/decoding/replacing.h"
#include "adapters/framework/notices/case_form.h"
#include "adapters/framework/notices/form.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "proto/language/language.h"
#include "proto/runtime/file.h"
#include "waystation/connection.h"
#include "waystation/report/v1/adapter_report.pb.h"
#include "waystation/services.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;
using google::protobuf::util::MessageDifferencer;
using google::protobuf::util::TimeUtil;
using language::Say;
using report::v1::NoticesReport;

constexpr std::string_view kFolders[] = {"cases",   "answers", "outgoing",
                                         "results", "done",    "rejected"};
constexpr std::string_view kEnding = ".csv";
constexpr int kPage = 200;
constexpr int kMostFindings = 100;

// Settings of the state folder: the form that was written of a case.
constexpr std::string_view kWritten = "notice_written ";

// What another try may mend.
bool Waits(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsCancelled(status) ||
         absl::IsUnauthenticated(status);
}

// Whether nobody writes it any more under this name: spreadsheet programs and
// file shares give their own files such names.
bool IsForm(const fs::path& path) {
  const std::string name = path.filename();
  return !name.starts_with('.') && !name.starts_with('~') &&
         name.ends_with(kEnding);
}

std::vector<fs::path> FormsIn(const std::string& folder) {
  std::vector<fs::path> forms;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_regular_file(error) && IsForm(at->path())) {
      forms.push_back(at->path());
    }
  }
  std::ranges::sort(forms);
  return forms;
}

// A notice's id is part of a file's name; nothing else of the hub's is.
bool IsNoticeId(std::string_view id) {
  return id.starts_with("n-") && id.size() <= 64 &&
         std::ranges::all_of(id, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// What a form of a case depends on: another deadline or another sender's word
// makes another form.
std::string FingerprintOf(const v1::Notice& notice) {
  return absl::StrCat(TimeUtil::TimestampToMicroseconds(notice.due_time()), " ",
                      notice.hops());
}

class Spool {
 public:
  Spool(State& state, const SpoolSetup& setup, client::Connection& connection,
        const std::string& agency, NoticesReport& report)
      : state_(state),
        setup_(setup),
        notices_(connection),
        agency_(agency),
        report_(report) {}

  absl::Status Run() {
    if (auto made = MakeFolders(); !made.ok()) return made;
    for (const fs::path& path : FormsIn(In("answers"))) {
      if (auto taken = TakeAnswer(path); !taken.ok()) return taken;
    }
    for (const fs::path& path : FormsIn(In("outgoing"))) {
      if (auto taken = TakeNewCase(path); !taken.ok()) return taken;
    }
    return WriteWaiting();
  }

 private:
  std::string In(std::string_view name) const {
    return absl::StrCat(setup_.folder, "/", std::string(name));
  }
  std::string CaseFile(const std::string& id) const {
    return absl::StrCat(In("cases"), "/", id, std::string(kEnding));
  }

  absl::Status MakeFolders() {
    for (const std::string_view name : kFolders) {
      std::error_code error;
      fs::create_directories(In(name), error);
      if (error) return runtime::NotWritten(In(name), error.value());
    }
    const std::string form = In("new-case.csv");
    std::error_code error;
    if (fs::exists(form, error)) return absl::OkStatus();
    return runtime::ReplaceFile(form, WriteForm(NewCaseForm(), setup_.charset),
                                0640);
  }

  // Where a form goes under its own name, or under the next that is free.
  fs::path PlaceIn(std::string_view folder, const fs::path& path) const {
    fs::path place = fs::path(In(folder)) / path.filename();
    std::error_code error;
    for (int i = 2; fs::exists(place, error); ++i) {
      place = fs::path(In(folder)) /
              absl::StrCat(path.stem().string(), "_", i, std::string(kEnding));
    }
    return place;
  }

  absl::Status Move(const fs::path& path, const fs::path& place) {
    std::error_code error;
    fs::rename(path, place, error);
    if (error) return runtime::NotWritten(place, error.value());
    if (auto synced = runtime::SyncFolder(place); !synced.ok()) return synced;
    return runtime::SyncFolder(path);
  }

  absl::Status Reject(const fs::path& path,
                      const std::vector<FormProblem>& problems) {
    std::string text;
    for (const FormProblem& problem : problems) {
      std::vector<std::string> place;
      if (problem.line > 0) place.push_back(Say("line $0", problem.line));
      if (!problem.field.empty()) place.push_back(problem.field);
      if (!place.empty()) {
        absl::StrAppend(&text, place.front(),
                        place.size() > 1 ? ", " + place.back() : "", ": ");
      }
      absl::StrAppend(&text,
                      problem.reason.empty()
                          ? language::SayRule(problem.rule)
                          : language::SayReason(problem.reason),
                      "\r\n");
    }
    std::string bytes;
    EncodeReplacing(setup_.charset, text, bytes);
    // The text first: a form that lies there has always been told why.
    const fs::path place = PlaceIn("rejected", path);
    if (auto written =
            runtime::ReplaceFile(place.string() + ".txt", bytes, 0640);
        !written.ok()) {
      return written;
    }
    if (auto moved = Move(path, place); !moved.ok()) return moved;
    report_.set_rejected(report_.rejected() + 1);
    for (const FormProblem& problem : problems) {
      if (report_.findings_size() == kMostFindings) break;
      auto& finding = *report_.add_findings();
      finding.set_file(place.filename().string());
      finding.set_line(problem.line);
      finding.set_field(problem.field);
      finding.set_reason(problem.reason);
      finding.set_rule(problem.rule);
    }
    return absl::OkStatus();
  }

  absl::Status RejectFor(const fs::path& path, const absl::Status& why) {
    std::vector<FormProblem> problems;
    for (const auto& [field, rule] : errors::ViolationsOf(why)) {
      problems.push_back({.line = 0, .field = field, .rule = rule});
    }
    problems.insert(problems.begin(),
                    {.line = 0,
                     .field = {},
                     .reason = std::string(errors::ReasonRowOf(why).name)});
    return Reject(path, problems);
  }

  // --- what was put there ---

  // The form, if it is whole and nothing is wrong with its rows; else it waits
  // or is rejected.
  absl::StatusOr<std::optional<ReadForm>> Open(const fs::path& path) {
    auto form = ReadFormFile(path, setup_.charset);
    if (!form.ok()) {
      // Somebody took it away, or it is no form at all.
      std::error_code error;
      if (!fs::exists(path, error)) return std::nullopt;
      if (auto rejected = Reject(
              path,
              {{.line = 0, .field = {}, .rule = "a form of at most 256 KiB"}});
          !rejected.ok()) {
        return rejected;
      }
      return std::nullopt;
    }
    if (!form->is_whole) {
      report_.set_incomplete(report_.incomplete() + 1);
      return std::nullopt;
    }
    return *std::move(form);
  }

  absl::Status TakeAnswer(const fs::path& path) {
    auto form = Open(path);
    if (!form.ok()) return form.status();
    if (!form->has_value()) return absl::OkStatus();
    std::vector<FormProblem>& problems = (*form)->problems;
    const FilledCase filled = ReadCase((*form)->rows, problems);
    if (!problems.empty()) return Reject(path, problems);
    v1::StepNoticeRequest step;
    step.set_id(filled.id);
    step.set_etag(filled.version);
    if (filled.answer.result() == v1::Notice::RESULT_TAKEN_UP) {
      step.mutable_accept();
    } else {
      *step.mutable_answer()->mutable_answer() = filled.answer;
    }
    const auto taken = notices_.StepNotice(step);
    if (!taken.ok() && Waits(taken.status())) return taken.status();
    return taken.ok() ? Answered(path, filled.id)
                      : Reconsider(path, filled, taken.status());
  }

  absl::Status Answered(const fs::path& path, const std::string& id) {
    report_.set_answered(report_.answered() + 1);
    if (auto moved = Move(path, PlaceIn("done", path)); !moved.ok())
      return moved;
    return Forget(id);
  }

  // The hub did not take it: it may have before, and we ended before we knew;
  // or the case is another than when the form was written.
  absl::Status Reconsider(const fs::path& path, const FilledCase& filled,
                          const absl::Status& why) {
    v1::GetNoticeRequest request;
    request.set_id(filled.id);
    const auto now = notices_.GetNotice(request);
    if (!now.ok()) {
      return Waits(now.status()) ? now.status() : RejectFor(path, why);
    }
    const v1::Notice& notice = now->notice();
    const bool same =
        filled.answer.result() == v1::Notice::RESULT_TAKEN_UP
            ? notice.result() == v1::Notice::RESULT_TAKEN_UP
            : MessageDifferencer::Equals(now->text().answer(), filled.answer);
    if (same && notice.to() == agency_) return Answered(path, filled.id);
    if (notice.withdrawn() || notice.state() == v1::Notice::STATE_CLOSED) {
      return Reject(path, {{.line = 0,
                            .field = "id",
                            .rule = "the case was closed meanwhile"}});
    }
    if (notice.state() == v1::Notice::STATE_ANSWERED) {
      return Reject(path, {{.line = 0,
                            .field = "id",
                            .rule = "the case has another answer already"}});
    }
    if (now->etag() != filled.version) {
      // A new form is written of it as it is now.
      if (auto forgot = Forget(filled.id); !forgot.ok()) return forgot;
      return Reject(path,
                    {{.line = 0,
                      .field = "version",
                      .rule = "the case changed meanwhile: see its new form"}});
    }
    return RejectFor(path, why);
  }

  absl::Status TakeNewCase(const fs::path& path) {
    auto form = Open(path);
    if (!form.ok()) return form.status();
    if (!form->has_value()) return absl::OkStatus();
    std::vector<FormProblem>& problems = (*form)->problems;
    NewCase filled = ReadNewCase((*form)->rows, problems);
    if (!problems.empty()) return Reject(path, problems);
    // The same whenever it is sent, whoever ended in between; and another
    // adapter of the agency never has it.
    filled.request.set_request_id(absl::BytesToHexString(
        state_.sealer().Derive("notice " + filled.reference, 16)));
    const auto sent = notices_.SendNotice(filled.request);
    if (!sent.ok() && Waits(sent.status())) return sent.status();
    if (!sent.ok()) return RejectFor(path, sent.status());
    report_.set_sent(report_.sent() + 1);
    return Move(path, PlaceIn("done", path));
  }

  // --- what waits ---

  absl::Status WriteWaiting() {
    std::set<std::string> waiting;
    v1::ListNoticesRequest request;
    request.set_box(v1::ListNoticesRequest::BOX_WAITING);
    request.set_page_size(kPage);
    do {
      const auto page = notices_.ListNotices(request);
      if (!page.ok()) return page.status();
      for (const v1::Notice& notice : page->notices()) {
        if (!IsNoticeId(notice.id())) continue;
        if (notice.from() == agency_ &&
            notice.state() == v1::Notice::STATE_ANSWERED) {
          if (auto written = WriteResult(notice); !written.ok()) return written;
        } else if (notice.to() == agency_) {
          waiting.insert(notice.id());
          if (auto written = WriteCase(notice); !written.ok()) return written;
        }
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return RemoveEnded(waiting);
  }

  absl::Status WriteCase(const v1::Notice& head) {
    const std::string setting = absl::StrCat(std::string(kWritten), head.id());
    const auto written = state_.Setting(setting);
    if (!written.ok()) return written.status();
    // A clerk may have moved it to answers/.
    const std::string fingerprint = FingerprintOf(head);
    if (*written == fingerprint) return absl::OkStatus();
    const auto got = Get(head.id());
    if (!got.ok()) return Waits(got.status()) ? got.status() : absl::OkStatus();
    if (auto file = runtime::ReplaceFile(
            CaseFile(head.id()), WriteForm(CaseForm(*got), setup_.charset),
            0640);
        !file.ok()) {
      return file;
    }
    report_.set_cases(report_.cases() + 1);
    return state_.PutSetting(setting, fingerprint);
  }

  // What was asked is told once it lies on the disk; then the case is closed.
  absl::Status WriteResult(const v1::Notice& head) {
    const auto got = Get(head.id());
    if (!got.ok()) return Waits(got.status()) ? got.status() : absl::OkStatus();
    const std::string file =
        absl::StrCat(In("results"), "/", head.id(), std::string(kEnding));
    if (auto written = runtime::ReplaceFile(
            file, WriteForm(ResultForm(*got), setup_.charset), 0640);
        !written.ok()) {
      return written;
    }
    v1::StepNoticeRequest step;
    step.set_id(head.id());
    step.set_etag(got->etag());
    step.mutable_close();
    const auto closed = notices_.StepNotice(step);
    if (!closed.ok()) {
      // Whoever moved it meanwhile is met at the next look.
      return Waits(closed.status()) ? closed.status() : absl::OkStatus();
    }
    report_.set_results(report_.results() + 1);
    return absl::OkStatus();
  }

  absl::StatusOr<v1::GetNoticeResponse> Get(const std::string& id) {
    v1::GetNoticeRequest request;
    request.set_id(id);
    return notices_.GetNotice(request);
  }

  // What the agency may see of a record ends with the case, and with it the
  // form in cases/.
  absl::Status RemoveEnded(const std::set<std::string>& waiting) {
    const auto written = state_.SettingsFrom(kWritten);
    if (!written.ok()) return written.status();
    for (const auto& [name, fingerprint] : *written) {
      const std::string id = name.substr(kWritten.size());
      if (waiting.contains(id)) continue;
      if (auto forgot = Forget(id); !forgot.ok()) return forgot;
    }
    return absl::OkStatus();
  }

  // The form goes first: one that is left behind would be nobody's.
  absl::Status Forget(const std::string& id) {
    if (!IsNoticeId(id)) return absl::OkStatus();
    std::error_code error;
    fs::remove(CaseFile(id), error);
    if (error) return runtime::NotWritten(CaseFile(id), error.value());
    return state_.RemoveSetting(absl::StrCat(std::string(kWritten), id));
  }

  State& state_;
  const SpoolSetup& setup_;
  const client::Notice notices_;
  const std::string& agency_;
  NoticesReport& report_;
};

}  // namespace

absl::Status TurnOver(State& state, const SpoolSetup& setup,
                      client::Connection& connection, const std::string& agency,
                      NoticesReport& report) {
  return Spool(state, setup, connection, agency, report).Run();
}

}  // namespace waystation::adapters
