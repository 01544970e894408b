//go:build unix

package exec

import (
	"context"
	"os/exec"
	"syscall"
)

// shell is a command for the shell, in a process group of its own: the interrupt of a terminal reaches only us, and
// what the command has started can be ended with it.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// terminate asks a process and what it has started to end.
func terminate(cmd *exec.Cmd) { signal(cmd, syscall.SIGTERM) }

// kill ends what is left of a process and of what it has started.
func kill(cmd *exec.Cmd) { signal(cmd, syscall.SIGKILL) }

// signal sends a signal to the group. The only error is that nobody is left in it. As long as anybody is, the system
// gives its number to no other process; afterwards, it could only be the number of a new group in the moment between.
func signal(cmd *exec.Cmd, sig syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, sig) }

func sameVariable(a, b string) bool { return a == b }
