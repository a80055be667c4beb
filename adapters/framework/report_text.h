// SPDX-License-Identifier: Apache-2.0
// Reports as people read them. What a row, a column or a count is called is in
// the language of use; names of reasons and columns are the same in each.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_REPORT_TEXT_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_REPORT_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "proto/errors/reason.h"

namespace waystation::report::v1 {
class CheckReport;
class DeliveryReport;
class FileReport;
class OutboxReport;
class OwnCertificateReport;
class QuarantineReport;
class ReplayReport;
class RunReport;
class WitnessReport;
}  // namespace waystation::report::v1

namespace waystation::adapters {

std::string Text(const report::v1::CheckReport& report);
std::string Text(const report::v1::RunReport& report);
std::string Text(const report::v1::QuarantineReport& report);
std::string Text(const report::v1::ReplayReport& report);
std::string Text(const report::v1::OutboxReport& report);
std::string Text(const report::v1::WitnessReport& report);
std::string Text(const report::v1::OwnCertificateReport& report);

// What went wrong, where, and what to do about it.
std::string Text(const absl::Status& status);

// The exit code that the report asks for (design 13): done, findings, or
// unreachable where something still waits for the hub.
errors::Exit ExitOf(const report::v1::CheckReport& report);
errors::Exit ExitOf(const report::v1::RunReport& report);
errors::Exit ExitOf(const report::v1::QuarantineReport& report);
errors::Exit ExitOf(const report::v1::ReplayReport& report);
errors::Exit ExitOf(const report::v1::WitnessReport& report);
errors::Exit ExitOf(const report::v1::OwnCertificateReport& report);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_REPORT_TEXT_H_
