package mixer

import "time"

// bucket is a token bucket: something may happen so often in the long run, and
// a few times at once. The zero value is full.
type bucket struct {
	spent float64 // tokens that are missing
	at    time.Time
}

// allows takes n tokens if they are there, of a bucket that holds burst and
// regains rate a second.
func (b *bucket) allows(now time.Time, n, rate, burst float64) bool {
	b.refill(now, rate)
	if b.spent+n > burst {
		return false
	}
	b.spent += n
	return true
}

// debt returns how long it takes until n tokens would have been there. Of a full
// bucket anything may be taken. A rate of 0 is no limit.
func (b *bucket) debt(now time.Time, n, rate, burst float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	b.refill(now, rate)
	if b.spent == 0 || b.spent+n <= burst {
		return 0
	}
	return time.Duration((b.spent + n - burst) / rate * float64(time.Second))
}

// full reports whether nothing is missing at the time now.
func (b *bucket) full(now time.Time, rate float64) bool {
	b.refill(now, rate)
	return b.spent == 0
}

func (b *bucket) refill(now time.Time, rate float64) {
	if passed := now.Sub(b.at); passed > 0 {
		b.spent = max(0, b.spent-passed.Seconds()*rate)
		b.at = now
	}
}
