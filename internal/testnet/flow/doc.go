// Package flow plays message flows that are written down as text: each step is a
// message as one reads it in a standard, sent or expected by a raw SIP peer, and
// what a message brings is remembered under a name and compared from then on.
//
// A file is a list of steps, with comments (#) between them:
//
//	alice: over tcp
//
//	alice --> focus: INVITE sip:chat-factory@conf.ims.example SIP/2.0
//	    From: "Alice" <sip:alice@ims.example>;tag={alice tag}
//	    To: <sip:chat-factory@conf.ims.example>
//	    Call-ID: {call}
//	    CSeq: 1 INVITE
//	    Contact: <{alice contact}>
//	    Content-Type: application/sdp
//
//	    v=0
//	    ...
//
//	alice <-- focus: SIP/2.0 200 OK (INVITE)
//	    To: <sip:chat-factory@conf.ims.example>;tag={focus tag}
//	    Contact: <{target}>;isfocus
//	    no Retry-After
//	    Content-Type: application/sdp
//
//	    m=message {port} TCP/MSRP *
//	    no a=curr
//
// One of the names is under test ([Stage]); the player is all the others. So a
// message to the subject is sent, one from the subject is waited for, and one between
// others is only told. Everybody else is cast, or said to be off stage.
//
// # Words
//
// {name} stands for a value. Where a message is expected, an unknown one is learned;
// where a message is sent, an unknown one is made up, as a random identifier. {*} is
// anything. Known from the start are "{alice contact}", the URI at which the player's
// socket is reached, "{alice address}", its host and port, and what the stage adds. A
// block "let NAME" holds lines that are written "[NAME]" elsewhere; "use FILE" takes those of
// another file.
//
// # What is sent
//
// What is not written is filled in as the dialog of the Call-ID asks for: Via,
// Max-Forwards, From, To, CSeq, and the Call-ID itself, which is that of the actor's
// message before. ACK and CANCEL are of the transaction of the INVITE. A response
// answers the last request of the method in brackets. {credentials USER PASSWORD}
// answers the last challenge.
//
// # What is expected
//
// All header lines that are written must be there, with these values among others;
// "no NAME" must not be there. Bodies are compared by their type: descriptions hold
// these lines, none that begin as "no" says; XML has these elements with these
// attributes and, of each element that is named, just as many; multipart bodies have
// these parts; everything else is the same text. "no body" is none. A response is held
// against its request without a word: Via, Call-ID, CSeq, the tags; and a request
// against its dialog.
//
// A 100 and repeated messages are passed over. Actors have sockets of their own: what
// two of them get comes in any order. A step that begins with "&" may change places
// with those above it, back to the first one without. Where a roster may be told in more
// than one NOTIFY, ", at last" before the colon answers those that come before what fits.
//
// # Cues
//
// "alice: does something" is what people do: "over NETWORK" casts an actor of the
// player's, "off stage" names somebody of whom the flow only tells; "binds OWN to REMOTE",
// "says TEXT as URI to URI" and "hears TEXT" are MSRP; "drops" loses the connection. "over
// msrp" casts a mixer that listens, at 127.0.0.1 and "{mixer port}", and "awaits REMOTE at
// OWN" the subject's first SEND. Those of the subject are the stage's.
package flow
