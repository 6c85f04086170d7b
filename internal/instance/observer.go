package instance

import "github.com/confab-chat/confab/internal/conference"

// Observer is told of everything that happens in a conference. Its methods run
// on the instance's goroutine: they must not block, and may call [Instance.Do],
// which only queues.
type Observer interface {
	// Applied is called after the event e, which stands at position at, was
	// applied to s. S may be read until Applied returns.
	Applied(s *conference.State, at conference.Position, e conference.Event)
}

// Flusher is an Observer that gathers work. Flush is called when the commands
// that were waiting are done, before the instance waits for more; so an observer
// that writes once in Flush writes once for all of them.
type Flusher interface {
	Flush()
}

// Drainer is an Observer that has something to finish or to give back when the
// conference is over. Drain is called once, as the last call: after Ended was
// applied, or without that where the conference never came into being or was
// cut off. The conference URI stays in Terminating until done was called, or
// until the time limit for it is over. Done may be called from any goroutine,
// and from within Drain. [FOC-TRM-05]
type Drainer interface {
	Drain(done func())
}
