package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// demoServer is an SSH server on a port of 127.0.0.1 that runs commands under this machine's sh, for one key. It serves no
// terminal, no forwarding, nothing but exec.
type demoServer struct {
	config   ssh.ServerConfig
	hostKey  ssh.PublicKey
	folder   string // the working directory of commands; programs in its bin come before others
	listener net.Listener

	work   sync.WaitGroup
	mu     sync.Mutex
	closed bool
	ends   map[int]func() // what ends each connection and each command
	last   int            // key in ends
}

// newDemoServer starts a server that lets client in. Its commands run in a folder.
func newDemoServer(client ssh.PublicKey, folder string) (*demoServer, error) {
	hostKey, _, err := newDemoKey()
	if err != nil {
		return nil, err
	}
	s := &demoServer{hostKey: hostKey.PublicKey(), folder: folder, ends: map[int]func(){}}
	s.config.AddHostKey(hostKey)
	s.config.PublicKeyCallback = func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if !bytes.Equal(key.Marshal(), client.Marshal()) {
			return nil, errors.New("not the demo's key")
		}
		return nil, nil
	}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	s.work.Go(s.serve)
	return s, nil
}

// newDemoKey makes a key, and the text of its file.
func newDemoKey() (ssh.Signer, []byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	block, err := ssh.MarshalPrivateKey(key, "gate demo")
	if err != nil {
		return nil, nil, err
	}
	signer, err := ssh.NewSignerFromKey(key)
	return signer, pem.EncodeToMemory(block), err
}

func (s *demoServer) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// knownHost is the server's line of known_hosts.
func (s *demoServer) knownHost() string {
	return knownhosts.Line([]string{s.listener.Addr().String()}, s.hostKey) + "\n"
}

// close ends the server, its connections and its commands, and waits until nothing of them is left.
func (s *demoServer) close() {
	s.mu.Lock()
	s.closed = true
	s.listener.Close()
	for _, end := range s.ends {
		end()
	}
	s.mu.Unlock()
	s.work.Wait()
}

// enter notes what ends something that has begun, and returns what to call when it is over; it reports whether the server is
// still open.
func (s *demoServer) enter(end func()) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false
	}
	s.last++
	n := s.last
	s.ends[n] = end
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.ends, n)
	}, true
}

func (s *demoServer) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.work.Go(func() { s.connection(conn) })
	}
}

func (s *demoServer) connection(tcp net.Conn) {
	defer tcp.Close()
	leave, ok := s.enter(func() { tcp.Close() })
	if !ok {
		return
	}
	defer leave()
	conn, channels, requests, err := ssh.NewServerConn(tcp, &s.config)
	if err != nil {
		return
	}
	defer conn.Close()
	s.work.Go(func() { ssh.DiscardRequests(requests) })
	for open := range channels {
		if open.ChannelType() != "session" {
			_ = open.Reject(ssh.UnknownChannelType, "this server runs commands only")
			continue
		}
		s.work.Go(func() { s.session(open) })
	}
}

// session runs the one command of a session.
func (s *demoServer) session(open ssh.NewChannel) {
	channel, requests, err := open.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	for request := range requests {
		var message struct{ Command string }
		ok := request.Type == "exec" && ssh.Unmarshal(request.Payload, &message) == nil
		_ = request.Reply(ok, nil)
		if !ok {
			continue
		}
		s.work.Go(func() { ssh.DiscardRequests(requests) })
		status := s.run(channel, message.Command)
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)}))
		return
	}
}

// run runs a command and returns its exit status. Whatever it has started ends with it, and with the session: when
// nobody reads its output, its input closes.
func (s *demoServer) run(channel ssh.Channel, command string) (status int) {
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = s.folder
	path := filepath.Join(s.folder, "bin") + string(os.PathListSeparator) + os.Getenv("PATH")
	cmd.Env = []string{"PATH=" + path, "HOME=" + s.folder}
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	ownGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(channel.Stderr(), err)
		return 127
	}
	leave, ok := s.enter(func() { killGroup(cmd) })
	if !ok {
		killGroup(cmd)
	} else {
		defer leave()
	}
	s.work.Go(func() {
		_, _ = io.Copy(stdin, channel)
		stdin.Close()
	})
	_ = cmd.Wait()
	killGroup(cmd)
	if cmd.ProcessState.ExitCode() < 0 {
		return 255 // ended by a signal
	}
	return cmd.ProcessState.ExitCode()
}
