// SPDX-License-Identifier: Apache-2.0
#include "server/hub/verify_work.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "proto/codes/ascii.h"
#include "proto/codes/holder_code.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "server/domain/apply.h"
#include "server/hub/budgets.h"
#include "server/hub/holder_code.h"
#include "server/hub/leaf_work.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using storage::HolderCodeRow;
using store::v1::StoredHolderCode;

constexpr int kUsualWrongCodes = 50;
// Expired rows that go with each new one, so that the table stays as small as
// what is open without anybody sweeping it.
constexpr size_t kForgottenEach = 8;

StoredHolderCode StoredOf(const domain::VerifySubject& subject,
                          const domain::Paper& paper) {
  StoredHolderCode code;
  code.set_kind(subject.kind);
  code.set_scheme(subject.scheme);
  code.set_attribute(static_cast<uint32_t>(paper.attribute));
  code.set_number(paper.number);
  return code;
}

bool IsAbout(const StoredHolderCode& code, const domain::Paper& paper) {
  return code.attribute() == static_cast<uint32_t>(paper.attribute) &&
         code.number() == paper.number;
}

bool IsSame(const StoredHolderCode& a, const StoredHolderCode& b) {
  return a.kind() == b.kind() && a.scheme() == b.scheme() &&
         a.attribute() == b.attribute() && a.number() == b.number();
}

absl::Duration LifeOf(const v1::IssueCodeRequest& request) {
  return request.has_lifetime() ? absl::Seconds(request.lifetime().seconds())
                                : domain::kUsualCodeLife;
}

v1::AuditEvent EventOf(const Caller& caller, const std::string& agency,
                       const std::string& act, v1::Purpose purpose,
                       v1::Certificate::Kind kind) {
  v1::AuditEvent event;
  event.set_kind(v1::AuditEvent::KIND_HOLDER_CODE);
  event.set_actor(caller.path);
  event.set_agency(agency);
  event.set_purpose(purpose);
  event.set_act(act);
  event.set_object(NameOfKind(kind));
  return event;
}

void AddLeaf(Planning& planning, v1::AuditEvent event,
             domain::AttributeSet attributes, storage::DetailRow detail) {
  for (const std::string& name : domain::AttributeNames(attributes)) {
    event.add_attributes(name);
  }
  event.set_count(1);
  std::vector<storage::DetailRow> details;
  details.push_back(std::move(detail));
  SetDetailsRoot(details, event);
  planning.AddLeaf(std::move(event), std::move(details));
}

// A record that claims something, of whoever may speak for it.
absl::StatusOr<RecordPtr> FindRecord(const Planning& planning,
                                     const storage::KeyHash& key) {
  RecordPtr record = planning.Find(planning.FindKey(key));
  if (record == nullptr || !domain::HasClaims(record->stored)) {
    return errors::Error("NOT_AVAILABLE", {.field = "record"});
  }
  return record;
}

absl::Status ForgetExpired(const Core& core, Planning& planning) {
  const auto oldest = core.store.ListHolderCodes(std::nullopt, kForgottenEach);
  if (!oldest.ok()) return oldest.status();
  for (const HolderCodeRow& row : *oldest) {
    if (row.expire_time <= planning.now) {
      planning.batch.codes_removed.push_back(row.hash);
    }
  }
  return absl::OkStatus();
}

}  // namespace

int MostWrongCodes(const Core& core) {
  const int configured = core.options.limits.wrong_codes();
  return configured > 0 ? configured : kUsualWrongCodes;
}

absl::Status CheckWrongCodes(const Core& core, const std::string& agency,
                             int64_t now) {
  if (core.verifications.WrongCodes(agency, domain::DayOf(now)) <
      MostWrongCodes(core)) {
    return absl::OkStatus();
  }
  return errors::Error("TOO_MANY_WRONG_CODES",
                       {.field = "code", .retry_after = UntilTomorrow(now)});
}

std::string NameOfKind(v1::Certificate::Kind kind) {
  constexpr std::string_view kPrefix = "KIND_";
  return codes::ToLower(std::string_view(v1::Certificate::Kind_Name(kind))
                            .substr(kPrefix.size()));
}

// --- giving out ---

IssueCodeWork::IssueCodeWork(Core& core, Caller caller, std::string agency,
                             v1::IssueCodeRequest request,
                             Hub::Callback<v1::IssueCodeResponse> done)
    : Answering(std::move(done)),
      core_(core),
      caller_(std::move(caller)),
      agency_(std::move(agency)),
      request_(std::move(request)),
      key_(core.hashes.RecordKey(agency_, request_.record().record_key())),
      subject_({.kind = request_.kind(), .scheme = request_.scheme()}) {}

void IssueCodeWork::AddKeys(std::vector<storage::KeyHash>& keys) const {
  keys.push_back(key_);
}

absl::StatusOr<domain::Paper> IssueCodeWork::FindPaper() const {
  const absl::Status missing =
      errors::Error("NOT_AVAILABLE", {.field = "certificate"});
  const std::vector<domain::Paper> papers =
      domain::PapersOf(record_->stored, subject_);
  switch (request_.certificate_case()) {
    case v1::IssueCodeRequest::kNumber: {
      const auto found =
          std::ranges::find(papers, domain::ReadPaperNumber(request_.number()),
                            &domain::Paper::number);
      if (found == papers.end() || found->number.empty()) return missing;
      return *found;
    }
    case v1::IssueCodeRequest::kEntry: {
      const auto place = static_cast<size_t>(request_.entry());
      if (place == 0 || place > papers.size()) return missing;
      return papers[place - 1];
    }
    default:
      if (papers.empty()) return missing;
      if (papers.size() > 1) {
        return errors::Error("CERTIFICATE_AMBIGUOUS", {.field = "certificate"});
      }
      return papers.front();
  }
}

absl::StatusOr<HolderCodeRow> IssueCodeWork::Draw(const Planning& planning) {
  HolderCodeRow row;
  for (;;) {
    const std::string code =
        codes::WriteHolderCode(core_.random.Draw<codes::kHolderCodeBytes>());
    row.hash = HashOfCode(core_.hashes, *codes::ReadHolderCode(code), subject_);
    const auto taken = planning.FindCode(row.hash);
    if (!taken.ok()) return taken.status();
    if (taken->has_value()) continue;
    response_.set_code(code);
    row.expire_time =
        planning.now + absl::ToInt64Microseconds(LifeOf(request_));
    return row;
  }
}

absl::Status IssueCodeWork::Begin(Planning& planning) {
  response_.Clear();
  planning.dry_run = planning.dry_run || request_.validate_only();
  const AgencyEntry* agency = planning.registry->Find(agency_);
  if (agency == nullptr) {
    return caller_.agency.empty()
               ? errors::Error("NOT_AVAILABLE", {.field = "record"})
               : errors::Error("AGENCY_NOT_REGISTERED");
  }
  auto record = FindRecord(planning, key_);
  if (!record.ok()) return record.status();
  record_ = *std::move(record);
  if (!domain::MayIssue(agency->sector(), subject_)) {
    return errors::Error("VERIFY_NOT_ALLOWED", {.field = "kind"});
  }
  const auto paper = FindPaper();
  if (!paper.ok()) return paper.status();
  attribute_ = paper->attribute;
  const StoredHolderCode about = StoredOf(subject_, *paper);

  const auto codes = planning.CodesOf(record_->uid);
  if (!codes.ok()) return codes.status();
  std::vector<HolderCodeRow> before;
  for (const HolderCodeRow& row : *codes) {
    if (!IsOpen(row, planning.now)) continue;
    const auto other = OpenCode(row, *record_);
    if (!other.ok()) return other.status();
    if (IsSame(*other, about)) before.push_back(row);
  }
  auto row = Draw(planning);
  if (!row.ok()) return row.status();
  response_.set_kind(subject_.kind);
  response_.set_scheme(subject_.scheme);
  response_.set_purpose(request_.purpose());
  *response_.mutable_expire_time() =
      TimeUtil::MicrosecondsToTimestamp(row->expire_time);
  response_.set_replaces(!before.empty());
  response_.set_issuer(agency_);
  if (request_.validate_only()) {
    response_.clear_code();
    return absl::OkStatus();
  }
  if (auto forgotten = ForgetExpired(core_, planning); !forgotten.ok()) {
    return forgotten;
  }
  SpendCodes(before, planning);
  SealCode(core_.sealer, about, *record_, *row);
  planning.AddCode(*std::move(row));
  return absl::OkStatus();
}

absl::Status IssueCodeWork::Conclude(const Outcome& outcome) {
  if (request_.validate_only()) return absl::OkStatus();
  const domain::AttributeSet about = domain::BitOf(attribute_);
  std::string asked = v1::IssueCodeRequest::Asked_Name(request_.asked());
  AddLeaf(
      outcome.planning,
      EventOf(caller_, agency_, "VerifyService.IssueCode", request_.purpose(),
              subject_.kind),
      about,
      DisclosureDetail(core_, *record_, about, caller_.path, std::move(asked)));
  return absl::OkStatus();
}

// --- asking ---

VerifyWork::VerifyWork(Core& core, Caller caller, std::string characters,
                       v1::VerifyRequest request,
                       Hub::Callback<v1::VerifyResponse> done)
    : core_(core),
      caller_(std::move(caller)),
      request_(std::move(request)),
      subject_({.kind = request_.kind(), .scheme = request_.scheme()}),
      hash_(HashOfCode(core.hashes, characters, subject_)),
      done_(std::move(done)) {}

void VerifyWork::CountAs(std::optional<VerificationCounts::Outcome> outcome) {
  if (counted_.has_value()) core_.verifications.TakeBack(*counted_);
  counted_.reset();
  if (outcome.has_value()) {
    counted_ = core_.verifications.Add(caller_.agency, day_, *outcome);
  }
}

absl::Status VerifyWork::Ask(Planning& planning) {
  const auto code = planning.FindCode(hash_);
  if (!code.ok()) return code.status();
  if (!code->has_value() || !IsOpen(**code, planning.now)) {
    return absl::OkStatus();
  }
  const storage::Uid uid = (*code)->uid;
  if (auto status = planning.LoadRecords({&uid, 1}); !status.ok()) {
    return status;
  }
  const RecordPtr record = planning.Find(uid);
  if (record == nullptr || !domain::HasClaims(record->stored)) {
    return absl::OkStatus();
  }
  const auto about = OpenCode(**code, *record);
  if (!about.ok()) return about.status();
  const std::vector<domain::Paper> papers =
      domain::PapersOf(record->stored, subject_);
  const auto paper = std::ranges::find_if(
      papers, [&](const domain::Paper& each) { return IsAbout(*about, each); });
  response_.set_answer(
      paper == papers.end()
          ? v1::VerifyResponse::ANSWER_UNKNOWN
          : domain::AnswerOf(*paper, domain::ReadPaperNumber(request_.number()),
                             planning.today));
  attribute_ = static_cast<domain::AttributeNumber>(about->attribute());
  record_ = record;
  planning.SpendCode(**code);
  return absl::OkStatus();
}

absl::Status VerifyWork::Begin(Planning& planning) {
  CountAs(std::nullopt);
  response_.Clear();
  record_ = nullptr;
  day_ = planning.today;
  if (planning.registry->Find(caller_.agency) == nullptr) {
    return errors::Error("AGENCY_NOT_REGISTERED");
  }
  if (auto spent = CheckWrongCodes(core_, caller_.agency, planning.now);
      !spent.ok()) {
    return spent;
  }
  if (auto asked = Ask(planning); !asked.ok()) return asked;
  *response_.mutable_as_of_time() =
      TimeUtil::MicrosecondsToTimestamp(planning.now);
  CountAs(response_.answer());
  return absl::OkStatus();
}

absl::Status VerifyWork::Conclude(const Outcome& outcome) {
  v1::AuditEvent event =
      EventOf(caller_, caller_.agency, "VerifyService.Verify",
              request_.purpose(), subject_.kind);
  if (record_ == nullptr) {
    event.set_reason("CODE_NOT_VALID");
    outcome.planning.AddLeaf(std::move(event), {});
    return absl::OkStatus();
  }
  const domain::AttributeSet about = domain::BitOf(attribute_);
  AddLeaf(outcome.planning, std::move(event), about,
          VerificationDetail(core_, *record_, about, caller_.agency,
                             response_.answer()));
  return absl::OkStatus();
}

void VerifyWork::Answer(const storage::Committed* /*committed*/) {
  if (record_ == nullptr) {
    return done_(errors::Error("CODE_NOT_VALID", {.field = "code"}));
  }
  const errors::Words& words =
      errors::FindReason("NO_SERVICE_MAY_BE_REFUSED")->text;
  for (const auto& [language, text] :
       {std::pair("zh", words.chinese), std::pair("en", words.english)}) {
    v1::LocalText& notice = *response_.add_notice();
    notice.set_language(language);
    notice.set_text(std::string(text));
  }
  ++core_.counters.reads_answered;
  done_(std::move(response_));
}

void VerifyWork::Fail(const absl::Status& status) {
  CountAs(std::nullopt);
  done_(StoreError(status));
}

// --- taking back ---

WithdrawCodesWork::WithdrawCodesWork(
    Core& core, Caller caller, std::string agency,
    v1::WithdrawCodesRequest request,
    Hub::Callback<v1::WithdrawCodesResponse> done)
    : Answering(std::move(done)),
      core_(core),
      caller_(std::move(caller)),
      agency_(std::move(agency)),
      request_(std::move(request)),
      key_(core.hashes.RecordKey(agency_, request_.record().record_key())) {}

void WithdrawCodesWork::AddKeys(std::vector<storage::KeyHash>& keys) const {
  keys.push_back(key_);
}

absl::Status WithdrawCodesWork::Begin(Planning& planning) {
  response_.Clear();
  planning.dry_run = planning.dry_run || request_.validate_only();
  auto record = FindRecord(planning, key_);
  if (!record.ok()) return record.status();
  record_ = *std::move(record);
  const auto codes = planning.CodesOf(record_->uid);
  if (!codes.ok()) return codes.status();
  std::vector<HolderCodeRow> wanted;
  for (const HolderCodeRow& row : *codes) {
    if (!IsOpen(row, planning.now)) continue;
    const auto about = OpenCode(row, *record_);
    if (!about.ok()) return about.status();
    if (request_.kind() == v1::Certificate::KIND_UNSPECIFIED ||
        request_.kind() == about->kind()) {
      wanted.push_back(row);
    }
  }
  response_.set_codes(request_.validate_only() ? static_cast<int>(wanted.size())
                                               : SpendCodes(wanted, planning));
  return absl::OkStatus();
}

absl::Status WithdrawCodesWork::Conclude(const Outcome& outcome) {
  if (request_.validate_only() || response_.codes() == 0) {
    return absl::OkStatus();
  }
  v1::AuditEvent event =
      EventOf(caller_, agency_, "VerifyService.WithdrawCodes",
              v1::PURPOSE_UNSPECIFIED, request_.kind());
  if (request_.kind() == v1::Certificate::KIND_UNSPECIFIED) {
    event.clear_object();
  }
  AddLeaf(outcome.planning, std::move(event), 0,
          DisclosureDetail(core_, *record_, 0, caller_.path));
  return absl::OkStatus();
}

}  // namespace waystation::hub
