import { AeropendulumDrawing } from "@/components/aeropendulum-drawing";
import { Formula } from "@/features/help/components/formula";

export function TheoryEn() {
  return (
    <article>
      <h1>The aeropendulum and its control</h1>
      <p className="lead">
        An arm that turns about an axis and is lifted by the thrust of its propellers. Easy to look at and not at all
        trivial to control: gravity pulls differently at each angle.
      </p>
      <div className="prose-figure">
        <AeropendulumDrawing angle={-35} reference={-10} label="Aeropendulum from the side, with its reference dashed" />
      </div>

      <h2>The model</h2>
      <p>
        The angle <i>θ</i> is measured from the horizontal: 0° with the arm level, −90° when it hangs. With the moment of
        inertia <i>J</i>, friction <i>b</i>, mass <i>m</i> at the distance <i>l</i> from the axis and a thrust <i>F</i> at
        the tip of the arm, of length <i>L</i>:
      </p>
      <Formula>
        <i>J</i> θ″ + <i>b</i> θ′ = <i>F</i> <i>L</i> − <i>m g l</i> cos θ
      </Formula>
      <p>
        Hanging, cos θ = 0: almost any thrust moves it. Level, cos θ = 1: it takes the greatest thrust just to hold it. A
        propeller's thrust grows roughly with the square of its speed, and a motor can only push; so the equipment
        shares the control action between two motors, which get pulses of varying width (in µs).
      </p>

      <h2>Linearising</h2>
      <p>
        About a working angle <i>θ₀</i>, with small deviations <i>δ</i>:
      </p>
      <Formula>
        <i>J</i> δ″ + <i>b</i> δ′ − (<i>m g l</i> sin θ₀) δ = <i>L</i> δ<i>F</i>
      </Formula>
      <p>
        Near −90° the gravity term acts like a spring and the system oscillates with little damping. Towards the
        horizontal that spring vanishes and the system resembles an integrator: gains that do well below may do badly
        above.
      </p>

      <h2>The PID</h2>
      <p>
        The error is <i>e = r − y</i>: reference minus measured angle. The control action adds three parts:
      </p>
      <Formula>
        <i>u</i> = <i>K</i>
        <sub>p</sub> <i>e</i> + <i>K</i>
        <sub>i</sub> ∫ <i>e</i> d<i>t</i> + <i>K</i>
        <sub>d</sub> d<i>e</i>/d<i>t</i>
      </Formula>
      <dl>
        <dt>Kp, proportional</dt>
        <dd>Pushes by how far off it is. More Kp answers sooner and oscillates more; alone it leaves a steady error.</dd>
        <dt>Ki, integral</dt>
        <dd>
          Adds up the error until it is gone. It removes the steady error; too much makes the loop slow to settle or
          unstable, and it goes on adding while the motors are at their limit.
        </dd>
        <dt>Kd, derivative</dt>
        <dd>Brakes by how fast the error changes. It damps; too much amplifies the sensor's noise.</dd>
      </dl>

      <h2>Three experiments</h2>
      <ol>
        <li>
          <b>Steady error.</b> PID with Kp = 7, Ki = 0, Kd = 0. How far from the reference does it stay? Double Kp. Does
          it halve?
        </li>
        <li>
          <b>Damping.</b> With the same Kp, raise Kd little by little. Each time, measure overshoot and settling time in
          the plot.
        </li>
        <li>
          <b>Removing the error.</b> Add Ki a tenth at a time. From which value on does it oscillate for ever? Compare
          the simulated one with the real one.
        </li>
      </ol>
      <p>Write the gains and what you saw into the logbook, and download the CSV to plot it later.</p>

      <h2>The signals</h2>
      <ul>
        <li>
          <code>yk</code> angle, <code>rk</code> reference, <code>ek</code> error (degrees)
        </li>
        <li>
          <code>uk</code> control action; <code>M1</code>, <code>M2</code> motor pulses (µs)
        </li>
        <li>
          <code>vel_man</code> manual speed of TEST mode; <code>Kp</code>, <code>Ki</code>, <code>Kd</code> gains
        </li>
      </ul>
    </article>
  );
}
