package limits

import (
	"hash/maphash"
	"math"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// Load decides by measurement which new requests are turned away.
//
// What is measured is how long goroutines that could run wait for a processor
// (/sched/latencies of package runtime): it grows when the server has more to do than
// processors to do it with, whatever the work is, and also when others on the machine
// take them. Every Interval the 90th percentile of that interval is compared with
// Target: above it twice in a row the share of new requests that are turned away grows
// by a tenth, below half of it the share shrinks by a twentieth. So the load settles near Target
// instead of swinging between all and nothing.
type Load struct {
	// fixed after construction
	target time.Duration
	sample func() time.Duration
	seed   maphash.Seed

	wait    atomic.Int64 // last measurement, ns
	share   atomic.Int64 // of new requests turned away, per mille
	refused atomic.Uint64
}

const (
	// Interval is the time between two calls of Measure.
	Interval = 250 * time.Millisecond

	stepUp   = 100 // per mille
	stepDown = 50
	all      = 1000
)

// NewLoad returns a Load that nothing has been measured of. Target 0 turns nobody
// away. sample returns the waiting time since it was last called; nil: that of the
// processors.
func NewLoad(target time.Duration, sample func() time.Duration) *Load {
	if sample == nil {
		sample = newSampler().percentile
	}
	return &Load{target: target, sample: sample, seed: maphash.MakeSeed()}
}

// Measure takes a measurement and adjusts the share. It is called each Interval, by
// one goroutine at a time.
func (l *Load) Measure() {
	wait := l.sample()
	before := time.Duration(l.wait.Swap(int64(wait)))
	share := l.share.Load()
	switch {
	case l.target <= 0:
		share = 0
	case min(wait, before) > l.target:
		share = min(share+stepUp, all)
	case wait < l.target/2:
		share = max(share-stepDown, 0)
	}
	l.share.Store(share)
}

// TurnsAway tells whether a new request is to be refused. Repetitions of a request
// (the same key, as a rule the Call-ID) get the same answer while the share stays.
// It may be called from any goroutine. [SEC-04]
func (l *Load) TurnsAway(key string) bool {
	share := l.share.Load()
	if share == 0 || int64(maphash.String(l.seed, key)%all) >= share {
		return false
	}
	l.refused.Add(1)
	return true
}

// Wait is the last measurement.
func (l *Load) Wait() time.Duration { return time.Duration(l.wait.Load()) }

// Share is the part of new requests that is turned away, 0 to 1.
func (l *Load) Share() float64 { return float64(l.share.Load()) / all }

// Refused is how many requests were turned away.
func (l *Load) Refused() uint64 { return l.refused.Load() }

// sampler reads the waiting times of goroutines from the runtime.
type sampler struct {
	samples []metrics.Sample
	before  []uint64
}

func newSampler() *sampler {
	s := &sampler{samples: []metrics.Sample{{Name: "/sched/latencies:seconds"}}}
	s.percentile()
	return s
}

// percentile returns the time that 90 % of the waits since the last call were below.
func (s *sampler) percentile() time.Duration {
	metrics.Read(s.samples)
	if s.samples[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0 // a runtime that does not tell
	}
	h := s.samples[0].Value.Float64Histogram()
	since := make([]uint64, len(h.Counts))
	var total uint64
	for i, n := range h.Counts {
		since[i] = n
		if i < len(s.before) {
			since[i] -= s.before[i]
		}
		total += since[i]
	}
	s.before = append(s.before[:0], h.Counts...)
	return nineTenths(since, h.Buckets, total)
}

// nineTenths returns the upper end of the bucket that holds the 90th percentile.
func nineTenths(counts []uint64, bounds []float64, total uint64) time.Duration {
	var below uint64
	for i, n := range counts {
		if below += n; total > 0 && 10*below >= 9*total {
			seconds := bounds[i+1]
			if math.IsInf(seconds, 1) {
				seconds = bounds[i]
			}
			return time.Duration(seconds * float64(time.Second))
		}
	}
	return 0
}
