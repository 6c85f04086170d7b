// Package telemetry shows what the server counts to Prometheus.
//
// The packages of the server count in plain numbers, and know nothing of this one. A
// [Sources] says where the numbers are; [Handler] asks for them when somebody scrapes.
// Every metric is a line of one table, with its name, its meaning and where it comes
// from; docs/metrics.md is that table in prose, and a test keeps it so.
package telemetry
