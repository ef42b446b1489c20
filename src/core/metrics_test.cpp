#include "core/metrics.h"

#include <gtest/gtest.h>

namespace belfry {

TEST(Histogram, CountsByUpperBoundAndAddsUp) {
  Histogram histogram;
  histogram.add(std::chrono::milliseconds(1));
  histogram.add(std::chrono::microseconds(1'001));
  histogram.add(std::chrono::seconds(60));
  HistogramStats stats = histogram.read();
  EXPECT_EQ(stats.counts[1], 1u) << "up to 1 ms";
  EXPECT_EQ(stats.counts[2], 1u) << "up to 2 ms";
  EXPECT_EQ(stats.counts.back(), 1u);
  EXPECT_DOUBLE_EQ(stats.sum_ms, 60'002.001);
  HistogramStats sum;
  sum.add(stats);
  sum.add(stats);
  EXPECT_EQ(sum.counts.back(), 2u);
}

}  // namespace belfry
