package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// bare is the least that a client in Go can do: one connection, one exec of "sh -s", the script written, the answer
// thrown away. It checks the host key, and asks for TCP_QUICKACK as gate does.
func bare(args []string) error {
	flags := flag.NewFlagSet("bare", flag.ExitOnError)
	user := flags.String("user", "", "")
	address := flags.String("address", "", "HOST:PORT")
	identity := flags.String("identity", "", "file of the private key")
	hostKey := flags.String("host-key", "", "file of the host's public key")
	script := flags.String("script", "", "file that sh reads")
	flags.Parse(args)

	config, err := bareConfig(*user, *identity, *hostKey)
	if err != nil {
		return err
	}
	stdin, err := os.ReadFile(*script)
	if err != nil {
		return err
	}
	tcp, err := net.Dial("tcp", *address)
	if err != nil {
		return err
	}
	raw, err := tcp.(*net.TCPConn).SyscallConn()
	if err != nil {
		return err
	}
	conn, chans, reqs, err := ssh.NewClientConn(quickConn{tcp, raw}, *address, config)
	if err != nil {
		return err
	}
	client := ssh.NewClient(conn, chans, reqs)
	defer client.Close()
	return bareExec(client, stdin)
}

func bareExec(client *ssh.Client, stdin []byte) error {
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	in, err := session.StdinPipe()
	if err != nil {
		return err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return err
	}
	if err := session.Start("sh -s"); err != nil {
		return err
	}
	if _, err := in.Write(stdin); err != nil {
		return err
	}
	if err := in.Close(); err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, out)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("the host printed nothing")
	}
	return session.Wait()
}

func bareConfig(user, identity, hostKey string) (*ssh.ClientConfig, error) {
	text, err := os.ReadFile(identity)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, err
	}
	if text, err = os.ReadFile(hostKey); err != nil {
		return nil, err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil, err
	}
	return &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: ssh.FixedHostKey(key), HostKeyAlgorithms: []string{key.Type()},
	}, nil
}

// quickConn has what it reads acknowledged at once: see drift/host/quickack_linux.go.
type quickConn struct {
	net.Conn
	raw syscall.RawConn
}

func (c quickConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.raw.Control(func(fd uintptr) {
		const tcpQuickAck = 12 // tcp(7), Linux alone
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpQuickAck, 1)
	})
	return n, err
}
