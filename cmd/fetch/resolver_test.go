package main

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// noNames is a resolver for which, hosts file aside, no name exists, and for which the servers of names that end in
// .servfail.invalid are broken. It needs no network: it talks to itself through a pipe, as over TCP.
func noNames() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerNone(server)
		return client, nil
	}}
}

// answerNone ends when the other side hangs up, as it does after each question.
func answerNone(conn net.Conn) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		packet := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, packet); err != nil {
			return
		}
		var query dnsmessage.Message
		if err := query.Unpack(packet); err != nil {
			return
		}
		answer := dnsmessage.Message{Questions: query.Questions}
		answer.Header = dnsmessage.Header{ID: query.ID, Response: true, RecursionAvailable: true, RCode: dnsmessage.RCodeNameError}
		if strings.HasSuffix(query.Questions[0].Name.String(), ".servfail.invalid.") {
			answer.RCode = dnsmessage.RCodeServerFailure
		}
		packed, err := answer.Pack()
		if err != nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)); err != nil {
			return
		}
	}
}
