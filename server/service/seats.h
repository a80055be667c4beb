// SPDX-License-Identifier: Apache-2.0
// How many streams each agency has open, over all of its connections: one that
// opens ever more must not take the memory of the others.
#ifndef WAYSTATION_SERVER_SERVICE_SEATS_H_
#define WAYSTATION_SERVER_SERVICE_SEATS_H_

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace waystation::service {

// Thread-safe. Outlives its seats.
class Seats {
 public:
  // `most` for each agency.
  explicit Seats(int most) : most_(most) {}

  // Taken until it is destroyed.
  class Seat {
   public:
    Seat(Seat&& other) noexcept
        : seats_(std::exchange(other.seats_, nullptr)),
          agency_(std::move(other.agency_)) {}
    Seat& operator=(Seat&&) = delete;
    ~Seat() {
      if (seats_ != nullptr) seats_->Leave(agency_);
    }

   private:
    friend class Seats;
    Seat(Seats* seats, std::string agency)
        : seats_(seats), agency_(std::move(agency)) {}

    Seats* seats_;
    std::string agency_;
  };

  // nullopt when the agency has as many as it may.
  std::optional<Seat> Take(const std::string& agency) {
    const std::lock_guard lock(mutex_);
    int& taken = taken_[agency];
    if (taken >= most_) return std::nullopt;
    ++taken;
    return Seat(this, agency);
  }

 private:
  void Leave(const std::string& agency) {
    const std::lock_guard lock(mutex_);
    const auto found = taken_.find(agency);
    if (--found->second == 0) taken_.erase(found);
  }

  const int most_;
  std::mutex mutex_;
  std::map<std::string, int> taken_;
};

}  // namespace waystation::service

#endif  // WAYSTATION_SERVER_SERVICE_SEATS_H_
