package telemetry

import "strings"

// Page is docs/metrics.md.
func Page() string {
	var b strings.Builder
	b.WriteString(`# Metrics

` + "`GET /metrics`" + ` on ` + "`http.listen`" + ` shows these to Prometheus, besides those of the process and
of the Go runtime. Counters end in ` + "`_total`" + ` and only grow; the others are what is at the moment.
Times are in seconds, sizes in bytes.

| metric | what it says |
| --- | --- |
`)
	for _, m := range metrics() {
		name := m.name
		if m.label != "" {
			names := make([]string, 0, len(m.values))
			for _, v := range m.values {
				names = append(names, "`"+v.label+"`")
			}
			b.WriteString("| `" + name + "{" + m.label + "}` | " + m.help + " " + strings.Join(names, ", ") + " |\n")
			continue
		}
		b.WriteString("| `" + name + "` | " + m.help + " |\n")
	}
	return b.String()
}
