import { AeropendulumDrawing } from "@/components/aeropendulum-drawing";
import { Formula } from "@/features/help/components/formula";

export function TheoryEs() {
  return (
    <article>
      <h1>El aeropéndulo y su control</h1>
      <p className="lead">
        Un brazo que gira en torno a un eje y que se levanta con el empuje de sus hélices. Es sencillo de ver y nada
        trivial de controlar: la gravedad tira distinto en cada ángulo.
      </p>
      <div className="prose-figure">
        <AeropendulumDrawing angle={-35} reference={-10} label="Aeropéndulo visto de lado, con su referencia a trazos" />
      </div>

      <h2>El modelo</h2>
      <p>
        El ángulo <i>θ</i> se mide desde la horizontal: 0° con el brazo horizontal, −90° cuando cuelga. Con momento de
        inercia <i>J</i>, rozamiento <i>b</i>, masa <i>m</i> a una distancia <i>l</i> del eje y un empuje <i>F</i> en la
        punta del brazo, de longitud <i>L</i>:
      </p>
      <Formula>
        <i>J</i> θ″ + <i>b</i> θ′ = <i>F</i> <i>L</i> − <i>m g l</i> cos θ
      </Formula>
      <p>
        Colgando, cos θ = 0: casi cualquier empuje lo mueve. En la horizontal cos θ = 1: hace falta el mayor empuje solo
        para sostenerlo. El empuje de una hélice crece aproximadamente con el cuadrado de su velocidad, y un motor solo
        empuja; por eso el equipo reparte la acción de control entre dos motores, que reciben pulsos de anchura variable
        (en µs).
      </p>

      <h2>Linealizar</h2>
      <p>
        Alrededor de un ángulo de trabajo <i>θ₀</i>, con pequeñas variaciones <i>δ</i>:
      </p>
      <Formula>
        <i>J</i> δ″ + <i>b</i> δ′ − (<i>m g l</i> sen θ₀) δ = <i>L</i> δ<i>F</i>
      </Formula>
      <p>
        Cerca de −90° el término de la gravedad actúa como un muelle y el sistema oscila poco amortiguado. Al acercarse a
        la horizontal ese muelle desaparece y el sistema se parece a un integrador: unas ganancias que van bien abajo
        pueden ir mal arriba.
      </p>

      <h2>El PID</h2>
      <p>
        El error es <i>e = r − y</i>: referencia menos ángulo medido. La acción de control suma tres partes:
      </p>
      <Formula>
        <i>u</i> = <i>K</i>
        <sub>p</sub> <i>e</i> + <i>K</i>
        <sub>i</sub> ∫ <i>e</i> d<i>t</i> + <i>K</i>
        <sub>d</sub> d<i>e</i>/d<i>t</i>
      </Formula>
      <dl>
        <dt>Kp, proporcional</dt>
        <dd>Empuja según lo lejos que se está. Más Kp responde antes y oscila más; sola deja un error permanente.</dd>
        <dt>Ki, integral</dt>
        <dd>
          Acumula el error hasta que desaparece. Quita el error permanente; demasiada hace el lazo lento de asentar o
          inestable, y con los motores a tope sigue acumulando.
        </dd>
        <dt>Kd, derivativa</dt>
        <dd>Frena según lo deprisa que cambia el error. Amortigua; demasiada amplifica el ruido del sensor.</dd>
      </dl>

      <h2>Tres experimentos</h2>
      <ol>
        <li>
          <b>Error permanente.</b> PID con Kp = 7, Ki = 0, Kd = 0. ¿A qué distancia de la referencia se queda? Dobla Kp.
          ¿Se reduce a la mitad?
        </li>
        <li>
          <b>Amortiguar.</b> Con el mismo Kp, sube Kd poco a poco. Mide en la gráfica el sobreimpulso y el tiempo de
          establecimiento cada vez.
        </li>
        <li>
          <b>Quitar el error.</b> Añade Ki de una décima en una décima. ¿Desde qué valor oscila sin parar? Compara lo que
          pasa en el simulado y en el real.
        </li>
      </ol>
      <p>Apunta las ganancias y lo que viste en el cuaderno, y descarga el CSV para dibujarlo después.</p>

      <h2>Las señales</h2>
      <ul>
        <li>
          <code>yk</code> ángulo, <code>rk</code> referencia, <code>ek</code> error (grados)
        </li>
        <li>
          <code>uk</code> acción de control; <code>M1</code>, <code>M2</code> pulsos de los motores (µs)
        </li>
        <li>
          <code>vel_man</code> velocidad manual del modo TEST; <code>Kp</code>, <code>Ki</code>, <code>Kd</code> ganancias
        </li>
      </ul>
    </article>
  );
}
