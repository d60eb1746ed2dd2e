// SPDX-License-Identifier: GPL-2.0-or-later
//
// What programs measured in a guest: their lines, the tables of them, and two runs compared.
#include "bench/measurements.h"

#include <gtest/gtest.h>

namespace {

using bench::Measurement;

Measurement figure(const std::string& row, const std::string& column, double value) {
  return {"Map", row, column, value, "us", {}};
}

Measurement not_run(const std::string& row, const std::string& column, const std::string& reason) {
  return {"Map", row, column, {}, {}, reason};
}

std::string lines(const std::vector<Measurement>& figures) {
  std::string text;
  for (const Measurement& each : figures) text += line_of(each) + "\n";
  return text;
}

TEST(Measurements, ALineIsReadAsItWasWritten) {
  const auto read = bench::read_measurements("kernel: a message\n" +
                                             lines({figure("4 GiB, \"huge\"", "type1 map", 12.5),
                                                    not_run("8 GiB", "type1 map", "too large")}));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].row, "4 GiB, \"huge\"");
  EXPECT_DOUBLE_EQ(*(*read)[0].value, 12.5);
  EXPECT_EQ((*read)[0].unit, "us");
  EXPECT_FALSE((*read)[1].value);
  EXPECT_EQ((*read)[1].reason, "too large");
}

TEST(Measurements, ALineOfASerialPortMayEndWithCarriageReturn) {
  EXPECT_EQ(bench::read_measurements(line_of(figure("a", "b", 1)) + "\r\n")->size(), 1u);
}

TEST(Measurements, ADamagedLineIsAnError) {
  const std::string good = line_of(figure("a", "b", 1));
  EXPECT_TRUE(bench::read_measurements(good));
  for (const std::string& bad :
       {good.substr(0, good.size() - 3), std::string("{}"), std::string("{\"table\":1}"),
        std::string("{\"table\":\"t\",\"row\":\"r\",\"column\":\"c\"}"),
        std::string("{\"table\":\"t\",\"row\":\"r\",\"column\":\"c\",\"value\":\"1\"}"),
        std::string(
            "{\"table\":\"t\",\"row\":\"r\",\"column\":\"c\",\"value\":1,\"reason\":\"x\"}"),
        good + "\n" + good})
    EXPECT_FALSE(bench::read_measurements(bad)) << bad;
}

TEST(Measurements, TimesHaveThreeDigits) {
  EXPECT_EQ(bench::shown(0.82, "us"), "820 ns");
  EXPECT_EQ(bench::shown(5.064, "us"), "5.06 us");
  EXPECT_EQ(bench::shown(57.7, "us"), "57.7 us");
  EXPECT_EQ(bench::shown(999.4, "us"), "999 us");
  EXPECT_EQ(bench::shown(999.6, "us"), "1.00 ms");
  EXPECT_EQ(bench::shown(12'345'678, "us"), "12.3 s");
  EXPECT_EQ(bench::shown(340.2, "GiB/s"), "340 GiB/s");
}

TEST(Measurements, TableNamesWhatWasNotRun) {
  const std::string text = bench::markdown(
      {figure("1 GiB", "type1", 1500), not_run("1 GiB", "iommufd", "no /dev/iommu"),
       not_run("16 GiB", "type1", "too large"), not_run("16 GiB", "iommufd", "no /dev/iommu")});
  EXPECT_EQ(text,
            "### Map\n\n| | type1 | iommufd |\n|:---|---:|---:|\n| 1 GiB | 1.50 ms | not run |\n"
            "\nNot run: iommufd: no /dev/iommu.\n\nNot run: 16 GiB: too large.\n");
}

TEST(Measurements, TableNamesRowAndColumnOfASingleGap) {
  const std::string text = bench::markdown(
      {figure("a", "x", 1), figure("a", "y", 1), figure("b", "x", 1), not_run("b", "y", "ENOMEM")});
  EXPECT_NE(text.find("Not run: b (y): ENOMEM."), text.npos) << text;
}

TEST(Measurements, RunsAgreeWithinTheLimit) {
  const auto one = std::vector{figure("a", "b", 100), not_run("c", "b", "too large")};
  const auto agreement =
      bench::compare_runs(one, {figure("a", "b", 102), not_run("c", "b", "too large")}, 3);
  EXPECT_TRUE(agreement.holds());
  EXPECT_EQ(agreement.compared, 1u);
  EXPECT_NEAR(agreement.worst, 2, 0.01);
}

TEST(Measurements, RunsThatDifferAreNamed) {
  const auto agreement = bench::compare_runs({figure("a", "b", 104)}, {figure("a", "b", 100)}, 3);
  EXPECT_FALSE(agreement.holds());
  ASSERT_EQ(agreement.distant.size(), 1u);
  EXPECT_NE(agreement.distant[0].find("4.0 percent"), std::string::npos) << agreement.distant[0];
  EXPECT_FALSE(bench::compare_runs({figure("a", "b", 0)}, {figure("a", "b", 1)}, 3).holds());
}

TEST(Measurements, AFigureOfOnlyOneRunIsADifference) {
  const auto both = std::vector{figure("a", "b", 1), figure("a", "c", 1)};
  EXPECT_FALSE(bench::compare_runs(both, {figure("a", "b", 1)}, 3).holds());
  EXPECT_FALSE(bench::compare_runs({figure("a", "b", 1)}, both, 3).holds());
  EXPECT_FALSE(
      bench::compare_runs(both, {figure("a", "b", 1), not_run("a", "c", "ENOMEM")}, 3).holds());
  EXPECT_FALSE(bench::compare_runs({}, {}, 3).holds()) << "nothing was compared";
}

TEST(Measurements, PercentileIsAMeasuredValue) {
  std::vector<double> hundred;
  for (int i = 100; i > 0; --i) hundred.push_back(i);
  EXPECT_DOUBLE_EQ(*bench::percentile(hundred, 50), 50);
  EXPECT_DOUBLE_EQ(*bench::percentile(hundred, 99), 99);
  EXPECT_DOUBLE_EQ(*bench::percentile(hundred, 100), 100);
  EXPECT_DOUBLE_EQ(*bench::percentile(hundred, 0), 1);
  EXPECT_DOUBLE_EQ(*bench::percentile({7}, 99), 7);
  EXPECT_FALSE(bench::percentile({}, 50));
}

}  // namespace
