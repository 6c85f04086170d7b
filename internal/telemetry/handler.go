package telemetry

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler serves the metrics in the formats of Prometheus, together with those of the
// process and of the Go runtime.
func Handler(s Sources) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		newCollector(s),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// collector is the table as Prometheus wants it.
type collector struct {
	sources Sources
	metrics []metric
	descs   []*prometheus.Desc
}

var _ prometheus.Collector = (*collector)(nil)

func newCollector(s Sources) *collector {
	c := &collector{sources: s, metrics: metrics()}
	for _, m := range c.metrics {
		var labels []string
		if m.label != "" {
			labels = []string{m.label}
		}
		c.descs = append(c.descs, prometheus.NewDesc(m.name, m.help, labels, nil))
	}
	return c
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(to chan<- prometheus.Metric) {
	now := c.sources.snapshot()
	for i, m := range c.metrics {
		kind := prometheus.GaugeValue
		if m.kind == counter {
			kind = prometheus.CounterValue
		}
		for _, v := range m.values {
			var labels []string
			if m.label != "" {
				labels = []string{v.label}
			}
			to <- prometheus.MustNewConstMetric(c.descs[i], kind, v.of(now), labels...)
		}
	}
}
