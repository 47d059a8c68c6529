package web

import (
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Address is where the request came from: the peer, or, where the peer is a trusted proxy, the last address in
// X-Forwarded-For that no trusted proxy put there.
func Address(c *fiber.Ctx) netip.Addr {
	peer := peerOf(c)
	s := of(c)
	if s == nil || !s.trusts(peer) {
		return peer
	}
	var hops []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) { // some proxies add a line of their own
		hops = append(hops, strings.Split(string(line), ",")...)
	}
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return peer
		}
		peer = hop.Unmap().WithZone("")
		if !s.trusts(peer) {
			return peer
		}
	}
	return peer
}

func peerOf(c *fiber.Ctx) netip.Addr {
	addr, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	return addr.Unmap()
}

func (s *server) trusts(a netip.Addr) bool {
	for _, p := range s.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Secure tells whether the person's connection is encrypted, here or at a trusted proxy.
func Secure(c *fiber.Ctx) bool {
	if c.Context().IsTLS() {
		return true
	}
	s := of(c)
	return s != nil && s.trusts(peerOf(c)) && strings.EqualFold(c.Get(fiber.HeaderXForwardedProto), "https")
}

// local127 tells whether the person sits at this machine and no proxy stands between.
func local127(c *fiber.Ctx) bool {
	return peerOf(c).IsLoopback() && c.Get(fiber.HeaderXForwardedFor) == "" && Address(c).IsLoopback()
}

// network is what a limit counts as one address: an IPv6 household has a whole /64.
func network(a netip.Addr) netip.Addr {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// Network is the caller's address as limits count it: an IPv4 address, or the first address of an IPv6 /64.
func Network(c *fiber.Ctx) netip.Addr { return network(Address(c)) }
