import { StateDiagram } from "@/features/help/components/state-diagram";

const WORDS = { on: "Encender", off: "Apagar", start: "Arrancar", stop: "Parar" };

export function UsageEs() {
  return (
    <article>
      <h1>Cómo se usa el laboratorio</h1>
      <p className="lead">
        En cinco minutos: abre el aeropéndulo simulado, enciéndelo, elige PID, arráncalo y cambia una ganancia mientras
        miras la gráfica y la cámara.
      </p>

      <h2>Primeros pasos</h2>
      <ol>
        <li>
          En <b>Laboratorios → Aeropéndulo</b> elige el <b>simulado</b> o el <b>real</b>. El panel es el mismo.
        </li>
        <li>
          Pulsa <b>Encender</b>. El estado pasa de <i>En espera</i> a <i>Listo</i>. Al hacerlo, el equipo calla algo más
          de medio segundo: es normal.
        </li>
        <li>
          Elige el <b>modo</b>: <b>TEST</b> mueve los motores a la velocidad que tú pongas; <b>PID</b> cierra el lazo y
          lleva el brazo a la referencia.
        </li>
        <li>
          Pulsa <b>Arrancar</b>. Para cambiar de modo, primero <b>Parar</b>.
        </li>
        <li>
          Al acabar, <b>Parar</b> y <b>Apagar</b>. Déjalo así para quien venga detrás.
        </li>
      </ol>
      <StateDiagram label="De STANDBY a READY con Encender; de READY a PID o TEST con Arrancar; Parar vuelve a READY y Apagar a STANDBY" words={WORDS} />
      <p>
        <b>Apagar</b> funciona también con los motores en marcha. Si el estado es <i>Alarma</i>, el equipo no atiende
        órdenes y alguien tiene que revisarlo.
      </p>

      <h2>Qué pasa con cada orden</h2>
      <p>Debajo de cada mando se lee qué ha sido de la última orden:</p>
      <ul>
        <li>
          <b>Confirmado</b>: el equipo ha devuelto el valor nuevo. Está hecho.
        </li>
        <li>
          <b>Rechazado</b>: el laboratorio no la ha enviado, y dice por qué (fuera de límites, sin conexión…).
        </li>
        <li>
          <b>Sin confirmar</b>: se envió, pero el equipo no ha contestado con ese valor. No la des por hecha: mira el
          valor que el equipo dice tener.
        </li>
      </ul>
      <p>
        Puedes escribir los números con coma o con punto, subirlos y bajarlos con las flechas y enviarlos con{" "}
        <kbd>Intro</kbd>.
      </p>

      <h2>Gráficas y cámara</h2>
      <p>
        El eje horizontal es la hora a la que el servidor recibió cada muestra (diez por segundo). Un hueco en la línea es
        un rato sin señales, no un valor inventado. <b>Congelar</b> para la gráfica, no el equipo; <b>Descargar CSV</b>{" "}
        guarda todas las señales de la ventana que se ve.
      </p>
      <p>
        Junto a las señales y junto a la imagen se dice <b>qué edad tienen</b>. A partir de segundo y medio aparecen en
        gris: lo que ves es antiguo, no lo uses para decidir. La <b>pérdida</b> es la parte de las muestras del último
        minuto que no llegó a esta página.
      </p>

      <h2>¿Real o simulado?</h2>
      <p>
        Arriba se lee siempre qué hay al otro lado. Si en la página del equipo real pone <i>Conexión simulada</i>, el
        equipo no está conectado y un simulador ocupa su sitio hasta que vuelva.
      </p>

      <h2>Cuaderno</h2>
      <p>
        Cada dispositivo tiene un cuaderno común: apunta qué ganancias usaste y qué salió. No escribas en él datos
        personales; lo lee todo el laboratorio.
      </p>

      <h2>Con el teclado</h2>
      <p>
        Con <kbd>Tab</kbd> se recorre la página y con <kbd>Intro</kbd> o <kbd>Espacio</kbd> se pulsa. El primer{" "}
        <kbd>Tab</kbd> ofrece saltar al contenido. Debajo de las gráficas hay un resumen en palabras que los lectores de
        pantalla leen cada diez segundos.
      </p>

      <h2>Si algo no va</h2>
      <ul>
        <li>
          <b>Sin conexión con el laboratorio</b>: la página vuelve a intentarlo sola. No hace falta recargar.
        </li>
        <li>
          <b>Dispositivo desconectado</b>: el equipo está apagado o sin red. Avisa a quien lleva el laboratorio.
        </li>
        <li>
          <b>No se ve la cámara</b>: debajo del título se dice el motivo. El resto de la página funciona igual.
        </li>
      </ul>
    </article>
  );
}
