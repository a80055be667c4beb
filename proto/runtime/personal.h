// SPDX-License-Identifier: Apache-2.0
// A value about a person. It can be compared, moved and kept, but neither
// formatted nor streamed, so that a slip into a log line, an error text or a
// metric label does not compile.
#ifndef WAYSTATION_PROTO_RUNTIME_PERSONAL_H_
#define WAYSTATION_PROTO_RUNTIME_PERSONAL_H_

#include <iosfwd>
#include <utility>

namespace waystation::runtime {

template <typename T>
class Personal {
 public:
  Personal() = default;
  explicit Personal(T value) : value_(std::move(value)) {}

  // The value itself, where it is meant to be used. Easy to search for.
  const T& Reveal() const& { return value_; }
  T&& Reveal() && { return std::move(value_); }

  friend bool operator==(const Personal&, const Personal&) = default;
  friend auto operator<=>(const Personal&, const Personal&) = default;

 private:
  T value_{};
};

template <typename T>
std::ostream& operator<<(std::ostream&, const Personal<T>&) = delete;

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_PERSONAL_H_
