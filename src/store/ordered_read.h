// A unit that only reads, at its place in the order of commits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/event.h"
#include "store/unit.h"

namespace belfry::store {

/// What gives reads their places: see Sequencer. Any thread; outlives the reads.
class PlacesOfReads {
 public:
  virtual ~PlacesOfReads() = default;
  virtual std::size_t open_place() = 0;
  virtual void fix_place(std::size_t place, std::int64_t number) = 0;
  virtual void fill_place(std::size_t place, std::vector<SharedEvent> events, std::unique_ptr<Unit> unit) = 0;
};

/// `unit`, run on a snapshot of what is committed; what it tells is published at that place, and then its
/// result is posted.
std::unique_ptr<Unit> ordered_read(std::unique_ptr<Unit> unit, PlacesOfReads& places);

}  // namespace belfry::store
