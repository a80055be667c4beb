// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/notice_attachments.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/wayctl/calendar_files.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "google/protobuf/util/time_util.h"
#include "proto/calendar/china_time.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/sealed/envelope.h"
#include "proto/sealed/payload.h"
#include "proto/sealed/sealing_key.h"

namespace waystation::wayctl {
namespace {

using Type = v1::SealedAttachment::Type;
using Consent = v1::HandOverConsent;

absl::Status Usage(std::string rule) {
  return errors::Error("USAGE", {.rule = std::move(rule)});
}

absl::Status NotOpened(std::string rule) {
  return errors::Error("PAYLOAD_NOT_OPENED", {.rule = std::move(rule)});
}

absl::Status ReadConsent(const AttachOptions& options, Consent& consent) {
  consent.set_reference(options.consent);
  consent.set_recipient(options.consent_to);
  if (!options.consent_by.empty()) {
    const auto giver =
        EnumFrom<Consent::Giver>("--consent-by", options.consent_by);
    if (!giver.ok()) return giver.status();
    consent.set_giver(*giver);
  }
  if (!options.consent_form.empty()) {
    const auto form =
        EnumFrom<Consent::Form>("--consent-form", options.consent_form);
    if (!form.ok()) return form.status();
    consent.set_form(*form);
  }
  if (!options.consent_date.empty()) {
    const auto day = DayOption("--consent-date", options.consent_date);
    if (!day.ok()) return day.status();
    *consent.mutable_given_time() =
        google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
            calendar::BeginOf(*day));
  }
  return absl::OkStatus();
}

// --- opening ---

bool IsAbout(const sealed::PayloadPatient& patient, const v1::Person& person) {
  const v1::Date& born = person.birth_date().date();
  if (born.year() != 0 && !patient.birth_date.empty()) {
    std::string day = absl::StrFormat("%04d", born.year());
    if (born.month() != 0) absl::StrAppendFormat(&day, "-%02d", born.month());
    if (born.day() != 0) absl::StrAppendFormat(&day, "-%02d", born.day());
    // Either may say less of it.
    const std::size_t both = std::min(day.size(), patient.birth_date.size());
    if (day.substr(0, both) != patient.birth_date.substr(0, both)) return false;
  }
  std::string name = person.name().full();
  std::erase(name, ' ');
  // A newborn may have none yet, on either side.
  return name.empty() || patient.name.empty() || name == patient.name;
}

// Who opens, which decides whose signature and which certificate count. From
// the caller's own certificate, not from what the hub says.
struct Reader {
  bool is_recipient = false;
  std::string key_file;
  // Of the key file, PEM.
  std::string certificate;
  std::vector<std::string> senders;
};

absl::StatusOr<Reader> ReaderOf(Session& session, const SaveOptions& options,
                                const v1::GetNoticeResponse& notice) {
  Reader reader;
  auto key_file = runtime::ReadSecretFile(options.sealing_key);
  if (!key_file.ok()) return key_file.status();
  reader.key_file = *std::move(key_file);
  auto own = sealed::CertificateOf(reader.key_file);
  if (!own.ok()) return own.status();
  reader.certificate = *std::move(own);
  reader.is_recipient = session.connection().agency() == notice.notice().to();
  if (!reader.is_recipient) {
    reader.senders = {reader.certificate};
  } else if (!options.sender_certificate.empty()) {
    auto given = session.ReadInput(options.sender_certificate);
    if (!given.ok()) return given.status();
    reader.senders = {*std::move(given)};
  } else {
    reader.senders = {notice.sender_certificates().begin(),
                      notice.sender_certificates().end()};
  }
  return reader;
}

// As the sender has to have signed it.
bool IsSigned(const std::string& statement, const Reader& reader,
              const v1::GetNoticeResponse& notice, Type type) {
  sealed::Statement expected{.from = notice.notice().from(),
                             .to = notice.notice().to(),
                             .type = type,
                             .sealed_for = {},
                             .consent = notice.text().consent()};
  const auto says = [&](const std::string& certificate) {
    expected.sealed_for = sealed::FingerprintOf(certificate);
    return sealed::TextOf(expected) == statement;
  };
  // A recipient's own key alone: sealed for another one first, somebody else
  // has opened it on its way.
  return reader.is_recipient
             ? says(reader.certificate)
             : std::ranges::any_of(notice.recipient_certificates(), says);
}

absl::StatusOr<std::string> OpenOne(const Reader& reader,
                                    const v1::GetNoticeResponse& notice,
                                    const v1::SealedAttachment& attachment) {
  auto opened =
      sealed::Open(attachment.sealed(), reader.key_file, reader.senders);
  if (!opened.ok()) return opened.status();
  if (!IsSigned(opened->statement, reader, notice, attachment.type())) {
    return NotOpened("signed for this notice, and sealed for this key");
  }
  const auto payload = sealed::ReadPayload(attachment.type(), opened->payload);
  if (!payload.ok()) return payload.status();
  if (notice.has_about() &&
      std::ranges::none_of(payload->patients, [&](const auto& patient) {
        return IsAbout(patient, notice.about().person());
      })) {
    return NotOpened("about the person of the notice");
  }
  return std::move(opened->payload);
}

}  // namespace

void AddAttachOptions(CLI::App& verb, AttachOptions& options) {
  AddRepeated(verb, "--attach", options.files,
              Say("For a hand-over: file to seal, a FHIR R4 Bundle in JSON"));
  AddRepeated(verb, "--type", options.types,
              Say("What that file is: $0", Choices<Type>()));
  verb.add_option("--consent", options.consent,
                  Say("Your reference to the consent, no personal value"));
  verb.add_option("--consent-by", options.consent_by,
                  Say("Who gave it: $0", Choices<Consent::Giver>()));
  verb.add_option("--consent-form", options.consent_form,
                  Say("How: $0", Choices<Consent::Form>()));
  verb.add_option("--consent-to", options.consent_to,
                  Say("The agency that the consent names"));
  verb.add_option("--consent-date", options.consent_date,
                  Say("When it was given, YYYY-MM-DD"));
  verb.add_option("--sealing-key", options.sealing_key,
                  Say("Your key file, of `wayctl key seal`"));
  verb.add_option("--recipient-certificate", options.recipient_certificate,
                  Say("The recipient's certificate, as it gave it to you"));
}

absl::StatusOr<std::vector<std::string>> ReadPayloads(
    const AttachOptions& options, v1::SendNoticeRequest& request) {
  const bool hand_over = request.kind() == v1::Notice::KIND_HAND_OVER;
  if (!hand_over && (!options.files.empty() || !options.consent.empty())) {
    return Usage("attachments and consent are for a hand-over");
  }
  if (options.files.size() != options.types.size()) {
    return Usage("each --attach has its --type");
  }
  std::vector<std::string> payloads;
  if (!hand_over) return payloads;
  if (options.sealing_key.empty() || options.files.empty()) {
    return Usage("a hand-over needs --attach, --type and --sealing-key");
  }
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    const auto type = EnumFrom<Type>("--type", options.types[i]);
    if (!type.ok()) return type.status();
    auto payload = runtime::ReadFile(options.files[i]);
    if (!payload.ok()) return payload.status();
    if (const auto read = sealed::ReadPayload(*type, *payload); !read.ok()) {
      return read.status();
    }
    request.add_attachments()->set_type(*type);
    payloads.push_back(*std::move(payload));
  }
  // None at all is for the hub to refuse, as it would any other caller.
  if (!options.consent.empty() || !options.consent_by.empty() ||
      !options.consent_to.empty()) {
    if (auto read = ReadConsent(options, *request.mutable_consent());
        !read.ok()) {
      return read;
    }
  }
  return payloads;
}

absl::Status SealPayloads(const AttachOptions& options,
                          const std::vector<std::string>& payloads,
                          const v1::SendNoticeResponse& preview,
                          v1::SendNoticeRequest& request) {
  if (payloads.empty()) return absl::OkStatus();
  const auto key_file = runtime::ReadSecretFile(options.sealing_key);
  if (!key_file.ok()) return key_file.status();
  std::string recipient = preview.recipient_certificate();
  if (!options.recipient_certificate.empty()) {
    const auto given = runtime::ReadFile(options.recipient_certificate);
    if (!given.ok()) return given.status();
    if (sealed::FingerprintOf(*given) != sealed::FingerprintOf(recipient)) {
      return errors::Error(
          "SEALING_CERTIFICATE_MISSING",
          {.field = options.recipient_certificate,
           .rule = "the one that the hub names; ask the recipient which of "
                   "the two is its own"});
    }
    recipient = *given;
  }
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    v1::SealedAttachment& attachment =
        *request.mutable_attachments(static_cast<int>(i));
    const sealed::Statement statement{
        .from = preview.notice().from(),
        .to = preview.notice().to(),
        .type = attachment.type(),
        .sealed_for = sealed::FingerprintOf(recipient),
        .consent = request.consent()};
    auto bytes = sealed::Seal(payloads[i], statement, *key_file, recipient);
    if (!bytes.ok()) return bytes.status();
    attachment.set_sealed(*std::move(bytes));
  }
  return absl::OkStatus();
}

void AddSaveOptions(CLI::App& verb, SaveOptions& options) {
  verb.add_option("--save-attachments", options.folder,
                  Say("Open what was handed over, into files in this folder"));
  verb.add_flag("--for-person", options.for_person,
                Say("They are a copy for the person, and logged as that"));
  verb.add_option("--sealing-key", options.sealing_key,
                  Say("Your key file, of `wayctl key seal`"));
  verb.add_option("--sender-certificate", options.sender_certificate,
                  Say("The sender's certificate, as it gave it to you"));
}

absl::Status CheckSaveOptions(const SaveOptions& options) {
  const bool others = options.for_person || !options.sealing_key.empty() ||
                      !options.sender_certificate.empty();
  if (options.folder.empty()) {
    return others ? Usage("these are for --save-attachments")
                  : absl::OkStatus();
  }
  return options.sealing_key.empty()
             ? Usage("--save-attachments needs --sealing-key")
             : absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> SaveAttachments(
    Session& session, const SaveOptions& options,
    const v1::GetNoticeResponse& notice) {
  const auto reader = ReaderOf(session, options, notice);
  if (!reader.ok()) return reader.status();
  if (notice.text().attachments().empty()) {
    return NotOpened("a notice with something sealed in it");
  }
  if (reader->is_recipient &&
      notice.text().consent().recipient() != session.connection().agency()) {
    return errors::Error("CONSENT_OTHER_RECIPIENT");
  }
  std::vector<std::string> payloads;
  for (const v1::SealedAttachment& attachment : notice.text().attachments()) {
    if (attachment.sealed().empty()) {
      return NotOpened("a notice that is not closed yet");
    }
    auto payload = OpenOne(*reader, notice, attachment);
    if (!payload.ok()) return payload.status();
    payloads.push_back(*std::move(payload));
  }
  std::vector<std::string> files;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    // Names nobody, nor of what kind it is.
    files.push_back(absl::StrCat(options.folder, "/", notice.notice().id(), "-",
                                 i + 1, ".json"));
    if (auto written = runtime::WriteNewFile(files.back(), payloads[i], 0600);
        !written.ok()) {
      return written;
    }
  }
  return files;
}

}  // namespace waystation::wayctl
