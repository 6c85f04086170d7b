// Package ua puts a SIP stack together: a timer wheel, transport, transactions,
// dialogs and their usages INVITE, event notification and REFER, under one configuration.
//
// A [Stack] is what the server and the participant start from. Handlers are
// registered before the first [Stack.Listen]; [Stack.Shutdown] lets open transactions
// finish.
package ua
