// SPDX-License-Identifier: Apache-2.0
// wayctl cert: who may call. Keys never leave their owner: a request is made
// here, the operator has the hub sign it.
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "client/wayctl/certificates.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/key_pair.h"
#include "waystation/certificate.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 500;

// --- request ---

absl::Status MakeFiles(Session& session, const std::string& identity,
                       const std::string& prefix) {
  const auto made = client::MakeRequest(identity);
  if (!made.ok()) return made.status();
  report::v1::CertificateRequestReport report;
  report.set_key_file(prefix + ".key");
  report.set_request_file(prefix + ".csr");
  report.set_certificate_request(made->request_pem);
  if (auto written =
          runtime::WriteNewFile(report.key_file(), made->key_pem, 0600);
      !written.ok()) {
    return written;
  }
  if (auto written =
          runtime::WriteNewFile(report.request_file(), made->request_pem);
      !written.ok()) {
    return written;
  }
  session.out().Show(
      report,
      {.facts = {{"key_file", Say("Key (keep it secret)"), report.key_file()},
                 {"request_file", Say("Request"), report.request_file()}}});
  session.out().Note(
      Say("Send the request to the operator, who runs: wayctl cert sign $0 "
          "--identity $1 --out $2",
          report.request_file(), identity, prefix + ".pem"));
  return absl::OkStatus();
}

// --- inspect ---

absl::Status InspectFile(Session& session, const std::string& file) {
  const auto pem = session.ReadInput(file);
  if (!pem.ok()) return pem.status();
  const Surroundings& surroundings = session.surroundings();
  auto report = Inspect(*pem, surroundings.now());
  if (!report.ok()) return report.status();
  report->set_file(file);
  session.out().Show(
      *report,
      {.facts = {
           {"serial", Say("Serial"), report->serial()},
           {"uris", Say("Identity"), JoinedCell(report->uris())},
           {"subject", Say("Subject"), report->subject()},
           {"issuer", Say("Issuer"), report->issuer()},
           {"dns_names", Say("Host names"), JoinedCell(report->dns_names())},
           {"not_before", Say("Valid from"),
            TimeCell(report->not_before(), surroundings)},
           {"not_after", Say("Valid until"),
            TimeCell(report->not_after(), surroundings)},
           {"key", Say("Key"), report->key()},
           {"problems", Say("Problems"),
            report->problems().empty() ? Cell(Say("none"), "")
                                       : JoinedCell(report->problems())}}});
  if (!report->problems().empty()) session.Found();
  return absl::OkStatus();
}

// --- what the hub knows ---

Cell StateCell(const v1::CertificateStatus& status,
               const Surroundings& surroundings) {
  if (status.revoked()) return {Say("revoked"), "revoked"};
  if (absl::FromUnixSeconds(status.not_after().seconds()) <
      surroundings.now()) {
    return {Say("expired"), "expired"};
  }
  return {Say("valid"), "valid"};
}

Table CertificateRows(const v1::ListCertificatesResponse& page,
                      const Surroundings& surroundings) {
  Table table{.columns = {{"serial", Say("SERIAL")},
                          {"identity", Say("IDENTITY")},
                          {"state", Say("STATE")},
                          {"not_before", Say("FROM")},
                          {"not_after", Say("UNTIL")},
                          {"revocation_reason", Say("WHY REVOKED")}}};
  for (const v1::CertificateStatus& status : page.certificates()) {
    table.rows.push_back({status.serial(), status.identity(),
                          StateCell(status, surroundings),
                          TimeCell(status.not_before(), surroundings),
                          TimeCell(status.not_after(), surroundings),
                          status.revocation_reason()});
  }
  return table;
}

absl::Status List(Session& session, const ListOptions& options,
                  const std::string& identity) {
  v1::ListCertificatesRequest request;
  request.set_identity(identity);
  return ShowPages(
      session, options, kMostPerPage, request,
      [&](const auto& page_request) {
        return session.admin().ListCertificates(page_request);
      },
      [&](const auto& page) {
        return CertificateRows(page, session.surroundings());
      });
}

// Those that end within `days` and have no successor that lasts longer.
absl::Status Expiring(Session& session, int days) {
  v1::ListCertificatesRequest request;
  v1::ListCertificatesResponse all;
  do {
    const auto page = session.admin().ListCertificates(request);
    if (!page.ok()) return page.status();
    all.mutable_certificates()->MergeFrom(page->certificates());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  const std::int64_t now = absl::ToUnixSeconds(session.surroundings().now());
  const std::int64_t until = now + std::int64_t{86'400} * days;
  std::map<std::string, const v1::CertificateStatus*> last;
  for (const v1::CertificateStatus& status : all.certificates()) {
    if (status.revoked()) continue;
    const v1::CertificateStatus*& held = last[status.identity()];
    if (held == nullptr ||
        held->not_after().seconds() < status.not_after().seconds()) {
      held = &status;
    }
  }
  v1::ListCertificatesResponse expiring;
  for (const auto& [identity, status] : last) {
    if (status->not_after().seconds() <= until) {
      *expiring.add_certificates() = *status;
    }
  }
  session.out().Page(expiring,
                     CertificateRows(expiring, session.surroundings()));
  session.out().EndList();
  if (!expiring.certificates().empty()) session.Found();
  return absl::OkStatus();
}

Sheet StatusSheet(const v1::CertificateStatus& status,
                  const Surroundings& surroundings) {
  Sheet sheet{
      .facts = {{"serial", Say("Serial"), status.serial()},
                {"identity", Say("Identity"), status.identity()},
                {"state", Say("State"), StateCell(status, surroundings)},
                {"not_before", Say("Valid from"),
                 TimeCell(status.not_before(), surroundings)},
                {"not_after", Say("Valid until"),
                 TimeCell(status.not_after(), surroundings)}}};
  if (!status.renews().empty()) {
    sheet.facts.push_back({"renews", Say("Renews"), status.renews()});
  }
  if (status.revoked()) {
    sheet.facts.push_back({"revoked_time", Say("Revoked"),
                           TimeCell(status.revoked_time(), surroundings)});
    sheet.facts.push_back(
        {"revocation_reason", Say("Why revoked"), status.revocation_reason()});
  }
  return sheet;
}

// --- renew ---

struct RenewOptions {
  std::optional<int> within;
  bool dry_run = false;
};

v1::CertificateStatus ToStatus(const client::Certificate& certificate) {
  v1::CertificateStatus status;
  status.set_serial(certificate.serial);
  status.set_identity(certificate.identity);
  status.mutable_not_before()->set_seconds(
      absl::ToUnixSeconds(certificate.not_before));
  status.mutable_not_after()->set_seconds(
      absl::ToUnixSeconds(certificate.not_after));
  return status;
}

absl::StatusOr<v1::RenewCertificateResponse> AskForRenewal(Session& session,
                                                           bool dry_run) {
  client::Connection& connection = session.connection();
  v1::RenewCertificateResponse response;
  if (dry_run) {
    const auto made = client::MakeRequest(connection.identity());
    if (!made.ok()) return made.status();
    v1::RenewCertificateRequest request;
    request.set_certificate_request(made->request_pem);
    request.set_validate_only(true);
    return session.admin().RenewCertificate(request);
  }
  const auto renewed = client::RenewCertificate(connection);
  if (!renewed.ok()) return renewed.status();
  const client::ConnectionOptions& files = connection.options();
  if (const absl::Status replaced = runtime::ReplaceKeyPair(
          files.certificate_file, files.key_file,
          {.certificate_pem = renewed->chain_pem, .key_pem = renewed->key_pem});
      !replaced.ok()) {
    return replaced;
  }
  response.set_certificate_chain(renewed->chain_pem);
  *response.mutable_status() = ToStatus(renewed->says);
  response.mutable_status()->set_renews(connection.certificate_serial());
  return response;
}

absl::Status Renew(Session& session, const RenewOptions& options) {
  const client::ConnectionOptions& files = session.connection().options();
  const auto held = client::ReadCertificateFile(files.certificate_file);
  if (!held.ok()) return held.status();
  if (options.within && held->not_after - session.surroundings().now() >
                            absl::Hours(24) * *options.within) {
    v1::RenewCertificateResponse response;
    *response.mutable_status() = ToStatus(*held);
    session.out().Show(response,
                       StatusSheet(response.status(), session.surroundings()));
    session.out().Note(Say("It is not time yet; nothing was done."));
    return absl::OkStatus();
  }
  const auto response = AskForRenewal(session, options.dry_run);
  if (!response.ok()) return response.status();
  Sheet sheet = StatusSheet(response->status(), session.surroundings());
  if (!options.dry_run) {
    sheet.facts.push_back({"file", Say("Written to"), files.certificate_file});
    sheet.facts.push_back(
        {"key_file", Say("Key (keep it secret)"), files.key_file});
  }
  session.out().Show(*response, sheet);
  if (!options.dry_run) {
    session.out().Note(Say("The one before holds until it ends."));
  }
  return absl::OkStatus();
}

// --- sign and revoke ---

struct SignOptions {
  std::string file;
  std::string identity;
  int days = 0;
  std::string out;
  bool dry_run = false;
};

absl::Status Sign(Session& session, const SignOptions& options) {
  auto pem = session.ReadInput(options.file);
  if (!pem.ok()) return pem.status();
  v1::SignCertificateRequest request;
  request.set_certificate_request(*std::move(pem));
  request.set_identity(options.identity);
  request.set_days(options.days);
  request.set_validate_only(options.dry_run);
  const auto response = session.admin().SignCertificate(request);
  if (!response.ok()) return response.status();
  if (!options.dry_run) {
    if (const auto written =
            runtime::WriteNewFile(options.out, response->certificate_chain());
        !written.ok()) {
      return written;
    }
  }
  Sheet sheet = StatusSheet(response->status(), session.surroundings());
  if (!options.dry_run) {
    sheet.facts.push_back({"file", Say("Written to"), options.out});
  }
  session.out().Show(*response, sheet);
  return absl::OkStatus();
}

void WarnOfSuccessors(Session& session,
                      const v1::RevokeCertificateResponse& response) {
  for (const v1::CertificateStatus& successor : response.successors()) {
    session.out().Warn(Say(
        "It was renewed: $0 stands, until $1. If its key is in other hands, "
        "revoke that one too.",
        successor.serial(),
        TimeCell(successor.not_after(), session.surroundings()).shown));
  }
}

absl::Status Revoke(Session& session, const std::string& serial,
                    const std::string& given_reason, bool dry_run) {
  auto reason =
      session.GivenOrAsk(given_reason, Say("Reason (no personal values): "));
  if (!reason.ok()) return reason.status();
  v1::RevokeCertificateRequest request;
  request.set_serial(serial);
  request.set_reason(*std::move(reason));
  if (dry_run || !session.options().yes) {
    request.set_validate_only(true);
    const auto preview = session.admin().RevokeCertificate(request);
    if (!preview.ok()) return preview.status();
    const Sheet sheet = StatusSheet(preview->status(), session.surroundings());
    if (dry_run) {
      session.out().Show(*preview, sheet);
      return absl::OkStatus();
    }
    session.out().Preview(sheet);
    if (preview->status().identity().empty()) {
      session.out().Warn(
          Say("This hub has not issued it. Check the serial, unless it is "
              "another authority's, such as an auditor's."));
    }
    WarnOfSuccessors(session, *preview);
    const auto yes = session.Confirm(
        Say("Shut this certificate out for good? Its calls end at once."));
    if (!yes.ok()) return yes;
    request.set_validate_only(false);
  }
  const auto response = session.admin().RevokeCertificate(request);
  if (!response.ok()) return response.status();
  session.out().Show(*response,
                     StatusSheet(response->status(), session.surroundings()));
  // It may have been renewed after the preview.
  WarnOfSuccessors(session, *response);
  return absl::OkStatus();
}

}  // namespace

void AddCert(Commands& commands) {
  CLI::App& noun = commands.Noun("cert", Say("Certificates: who may call"));

  struct RequestOptions {
    std::string identity;
    std::string prefix;
  };
  const auto made = std::make_shared<RequestOptions>();
  CLI::App& request_verb = commands.Verb(
      noun, "request", Say("Make a key and a request for a certificate"),
      "wayctl cert request --identity operator/li --out li", Needs::kNothing,
      [made](Session& session) {
        return MakeFiles(session, made->identity, made->prefix);
      });
  request_verb
      .add_option("--identity", made->identity,
                  Say("Such as agency/labor.320500 or operator/li"))
      ->required();
  request_verb
      .add_option("--out", made->prefix, Say("Writes <out>.key and <out>.csr"))
      ->required();

  const auto sign = std::make_shared<SignOptions>();
  CLI::App& sign_verb = commands.Verb(
      noun, "sign", Say("Have the hub sign a request"),
      "wayctl cert sign li.csr --identity operator/li --out li.pem",
      Needs::kHub, [sign](Session& session) { return Sign(session, *sign); });
  sign_verb.add_option("FILE", sign->file, Say("The request, PEM"))->required();
  sign_verb
      .add_option("--identity", sign->identity,
                  Say("Such as agency/labor.320500 or operator/li"))
      ->required();
  sign_verb.add_option("--days", sign->days,
                       Say("How long it is valid; 90 if not given"));
  sign_verb
      .add_option("--out", sign->out, Say("File for the certificate; new"))
      ->required();
  AddDryRun(sign_verb, sign->dry_run);

  const auto renew = std::make_shared<RenewOptions>();
  CLI::App& renew_verb = commands.Verb(
      noun, "renew",
      Say("Replace the certificate of this context, and its key, by new ones"),
      "wayctl cert renew --within 30", Needs::kHub,
      [renew](Session& session) { return Renew(session, *renew); });
  renew_verb
      .add_option("--within", renew->within,
                  Say("Days; nothing is done if it lasts longer"))
      ->check(CLI::NonNegativeNumber);
  AddDryRun(renew_verb, renew->dry_run);

  struct ListedOptions {
    ListOptions list;
    std::string identity;
  };
  const auto list = std::make_shared<ListedOptions>();
  CLI::App& list_verb =
      commands.Verb(noun, "list", Say("Certificates that the hub issued"),
                    "wayctl cert list --identity operator/li", Needs::kHub,
                    [list](Session& session) {
                      return List(session, list->list, list->identity);
                    });
  list_verb.add_option("--identity", list->identity,
                       Say("Only of this identity"));
  AddListOptions(list_verb, list->list);

  const auto days = std::make_shared<int>(30);
  CLI::App& expiring_verb = commands.Verb(
      noun, "expiring",
      Say("Whose last certificate ends soon or has ended; exit code 3 if any"),
      "wayctl cert expiring --days 14", Needs::kHub,
      [days](Session& session) { return Expiring(session, *days); });
  expiring_verb.add_option("--days", *days, Say("How soon; 30 if not given"))
      ->check(CLI::NonNegativeNumber);

  const auto file = std::make_shared<std::string>();
  CLI::App& inspect_verb = commands.Verb(
      noun, "inspect", Say("What a certificate file says"),
      "wayctl cert inspect li.pem", Needs::kNothing,
      [file](Session& session) { return InspectFile(session, *file); });
  inspect_verb.add_option("FILE", *file, Say("PEM; - is standard input"))
      ->required();

  struct RevokeOptions {
    std::string serial;
    std::string reason;
    bool dry_run = false;
  };
  const auto revoke = std::make_shared<RevokeOptions>();
  CLI::App& revoke_verb = commands.Verb(
      noun, "revoke", Say("Shut a certificate out for good"),
      "wayctl cert revoke 5f01a2", Needs::kHub, [revoke](Session& session) {
        return Revoke(session, revoke->serial, revoke->reason, revoke->dry_run);
      });
  revoke_verb
      .add_option("SERIAL", revoke->serial, Say("As cert list shows it"))
      ->required();
  revoke_verb.add_option("--reason", revoke->reason,
                         Say("Why, without personal values"));
  AddDryRun(revoke_verb, revoke->dry_run);
}

}  // namespace waystation::wayctl
