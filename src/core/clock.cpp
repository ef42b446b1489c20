#include "core/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>

namespace belfry {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Reads exactly `width` digits at the front of `text` and takes them away.
bool take_digits(std::string_view& text, std::size_t width, int& out) {
  if (text.size() < width) return false;
  const char* end = text.data() + width;
  auto [stop, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc() || stop != end || text[0] == '-') return false;
  text.remove_prefix(width);
  return true;
}

bool take_char(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

// `.678`, of any length, cut to milliseconds. Absent is 0.
bool take_fraction(std::string_view& text, int& ms) {
  ms = 0;
  if (!take_char(text, '.')) return true;
  int digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits, text.remove_prefix(1)) {
    if (digits < 3) ms = ms * 10 + (text.front() - '0');
  }
  for (int missing = digits; missing < 3; ++missing) ms *= 10;
  return digits > 0;
}

bool take_zone(std::string_view& text, minutes& offset) {
  offset = minutes(0);
  if (take_char(text, 'Z')) return text.empty();
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  const bool west = text.front() == '-';
  text.remove_prefix(1);
  int h = 0, m = 0;
  if (!take_digits(text, 2, h) || !take_char(text, ':') || !take_digits(text, 2, m)) return false;
  if (h > 23 || m > 59) return false;
  offset = hours(h) + minutes(m);
  if (west) offset = -offset;
  return text.empty();
}

}  // namespace

WallMs wall_now_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string iso_time(WallMs time) {
  const std::chrono::sys_time<milliseconds> point{milliseconds(time)};
  const auto day = std::chrono::floor<days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(point - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count(), clock.subseconds().count());
}

Result<WallMs> parse_iso_time(std::string_view text) {
  int year = 0, month = 0, day = 0, h = 0, m = 0, s = 0, ms = 0;
  minutes offset(0);
  const bool shaped = take_digits(text, 4, year) && take_char(text, '-') && take_digits(text, 2, month) &&
                      take_char(text, '-') && take_digits(text, 2, day) && take_char(text, 'T') &&
                      take_digits(text, 2, h) && take_char(text, ':') && take_digits(text, 2, m) &&
                      take_char(text, ':') && take_digits(text, 2, s) && take_fraction(text, ms) &&
                      take_zone(text, offset);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(unsigned(month)),
                                         std::chrono::day(unsigned(day))};
  if (!shaped || !date.ok() || h > 23 || m > 59 || s > 59) {
    return fail(ErrorKind::malformed, "not an ISO 8601 time");
  }
  const std::chrono::sys_time<milliseconds> point =
      std::chrono::sys_days(date) + hours(h) + minutes(m) + seconds(s) + milliseconds(ms) - offset;
  // The offset may lead out of the years that four digits can name.
  const std::chrono::year_month_day utc(std::chrono::floor<std::chrono::days>(point));
  if (utc.year() < std::chrono::year(0) || utc.year() > std::chrono::year(9'999)) {
    return fail(ErrorKind::malformed, "not an ISO 8601 time");
  }
  return point.time_since_epoch().count();
}

}  // namespace belfry
