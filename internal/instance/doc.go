// Package instance keeps conferences alive on this node, and knows which
// conference URIs there are.
//
// An [Instance] is a conference with a goroutine of its own. Whoever wants
// something of the conference hands it a command:
//
//	focus, mixer, api ── Do(command, done) ──► bounded queue
//	                                              │ one goroutine
//	                                              ▼
//	                          conference.Decide ─► journal.Append ─► state.Apply
//	                                                                     │
//	                        done(Result) ◄── observers in their order ◄──┘
//
// Every event passes the observers before the next command is looked at, so all
// of them see the same order: the mixer's copies, the focus's BYEs and the
// notifications follow from one sequence. Observers are how focus, mixer and
// notification service meet without knowing each other. They must not block.
//
// The instance also watches the clock for the model: after each event it asks
// the state for its next timeout, and issues conference.Expire when that comes.
//
// The [Directory] holds the reserved conference URIs and the instances alive,
// and makes new ones: for the factory with a fresh unguessable URI, for a
// reserved URI when the first user joins. A factory that redirects promises the
// URI to its caller, who makes the conference by calling that.
//
//	Unallocated ─ reserve ─► Reserved ─ first user ─► Creating ─► Active
//	     ▲                      ▲                         │          │
//	     │ quarantine over      │ reserved                ▼          ▼
//	   Ended ◄─────────────── factory ◄──────────────── Terminating ◄┘
//
// The package sends nothing and parses nothing.
package instance
