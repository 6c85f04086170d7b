package locate

import "sync/atomic"

// Counters is what a Locator counted since it was made.
type Counters struct {
	Located    uint64 // names for which targets were found
	NotFound   uint64 // names for which none were found, or none that may be dialled
	Questions  uint64 // sent to name servers, repetitions included
	Remembered uint64 // answered from memory
	Unanswered uint64 // that no name server answered
	Failed     uint64 // failures of targets that were reported
	Answers    int64  // remembered now
	Resting    int64  // failed targets remembered now
}

type counters struct {
	located, notFound     atomic.Uint64
	questions, remembered atomic.Uint64
	unanswered, failed    atomic.Uint64
}

// Counters returns the present figures.
func (l *Locator) Counters() Counters {
	c := &l.count
	l.answers.mu.Lock()
	answers := len(l.answers.known)
	l.answers.mu.Unlock()
	return Counters{
		Located: c.located.Load(), NotFound: c.notFound.Load(),
		Questions: c.questions.Load(), Remembered: c.remembered.Load(),
		Unanswered: c.unanswered.Load(), Failed: c.failed.Load(),
		Answers: int64(answers), Resting: int64(l.resting.count()),
	}
}
