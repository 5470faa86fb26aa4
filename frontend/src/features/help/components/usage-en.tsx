import { StateDiagram } from "@/features/help/components/state-diagram";

const WORDS = { on: "Power on", off: "Power off", start: "Start", stop: "Stop" };

export function UsageEn() {
  return (
    <article>
      <h1>How to use the laboratory</h1>
      <p className="lead">
        In five minutes: open the simulated aeropendulum, power it on, choose PID, start it and change a gain while you
        watch the plot and the camera.
      </p>

      <h2>First steps</h2>
      <ol>
        <li>
          In <b>Labs → Aeropendulum</b> choose the <b>simulated</b> or the <b>real</b> one. The panel is the same.
        </li>
        <li>
          Press <b>Power on</b>. The state goes from <i>Standby</i> to <i>Ready</i>. While it does, the equipment is
          silent for a bit more than half a second: that is normal.
        </li>
        <li>
          Choose the <b>mode</b>: <b>TEST</b> turns the motors at the speed you set; <b>PID</b> closes the loop and takes
          the arm to the reference.
        </li>
        <li>
          Press <b>Start</b>. To change the mode, <b>Stop</b> first.
        </li>
        <li>
          When done, <b>Stop</b> and <b>Power off</b>. Leave it like that for the next person.
        </li>
      </ol>
      <StateDiagram label="From STANDBY to READY with Power on; from READY to PID or TEST with Start; Stop goes back to READY and Power off to STANDBY" words={WORDS} />
      <p>
        <b>Power off</b> works with the motors running, too. In the state <i>Alarm</i> the equipment takes no commands
        and somebody has to look at it.
      </p>

      <h2>What becomes of a command</h2>
      <p>Below each control you read what became of the last command:</p>
      <ul>
        <li>
          <b>Confirmed</b>: the equipment has echoed the new value. It is done.
        </li>
        <li>
          <b>Refused</b>: the laboratory did not send it, and says why (out of range, no connection…).
        </li>
        <li>
          <b>Unconfirmed</b>: it was sent, but the equipment did not answer with that value. Do not take it as done: look
          at the value that the equipment says it has.
        </li>
      </ul>
      <p>
        Numbers may be written with a point or a comma, stepped with the arrow keys and sent with <kbd>Enter</kbd>.
      </p>

      <h2>Plots and camera</h2>
      <p>
        The horizontal axis is the time at which the server received each sample (ten a second). A gap in a line is a time
        without signals, not an invented value. <b>Freeze</b> stops the plot, not the equipment; <b>Download CSV</b> saves
        all signals of the window that is shown.
      </p>
      <p>
        Beside the signals and beside the picture it says <b>how old they are</b>. From one and a half seconds on they
        turn grey: what you see is old, do not decide by it. The <b>loss</b> is the share of the last minute's samples
        that did not reach this page.
      </p>

      <h2>Real or simulated?</h2>
      <p>
        What is at the other end always stands at the top. When the page of the real equipment says{" "}
        <i>Simulated connection</i>, the equipment is not connected and a simulator stands in for it until it is back.
      </p>

      <h2>Logbook</h2>
      <p>
        Each device has a common logbook: write down which gains you used and what came out. Write no personal data into
        it; the whole laboratory reads it.
      </p>

      <h2>By keyboard</h2>
      <p>
        <kbd>Tab</kbd> goes through the page, <kbd>Enter</kbd> or <kbd>Space</kbd> presses. The first <kbd>Tab</kbd>{" "}
        offers to skip to the content. Below the plots there is a summary in words, which screen readers read every ten
        seconds.
      </p>

      <h2>If something does not work</h2>
      <ul>
        <li>
          <b>No connection to the laboratory</b>: the page tries again by itself. There is no need to reload.
        </li>
        <li>
          <b>Device disconnected</b>: the equipment is off or has no network. Tell whoever runs the laboratory.
        </li>
        <li>
          <b>No camera picture</b>: the reason is written over it. The rest of the page works all the same.
        </li>
      </ul>
    </article>
  );
}
