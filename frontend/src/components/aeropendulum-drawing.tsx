interface Props {
  /** Angle in degrees, 0 horizontal, −90 hanging. */
  readonly angle: number;
  readonly reference?: number | null;
  readonly label?: string;
}

const PIVOT = { x: 96, y: 62 };
const ARM = 118;

/** The aeropendulum from the side: column, arm at its angle, motor with propeller, counterweight. */
export function AeropendulumDrawing({ angle, reference = null, label }: Props) {
  const name = label === undefined ? { "aria-hidden": true as const } : { role: "img", "aria-label": label };
  return (
    <svg className="drawing" viewBox="0 0 256 232" {...name}>
      <path className="drawing-scale" d={arc(138, 0, -90)} />
      {[0, -30, -60, -90].map((mark) => (
        <path key={mark} className="drawing-mark" d={radius(132, 144, mark)} />
      ))}
      <path className="drawing-base" d="M36 222h120M96 222V62" />
      {reference !== null && <path className="drawing-reference" d={radius(24, 128, reference)} />}
      <g transform={`translate(${PIVOT.x} ${PIVOT.y}) rotate(${-angle})`}>
        <path className="drawing-arm" d={`M-38 0H${ARM}`} />
        <rect className="drawing-weight" x="-50" y="-9" width="18" height="18" rx="3" />
        <rect className="drawing-motor" x={ARM - 9} y="-10" width="18" height="20" rx="4" />
        <path className="drawing-propeller" d={`M${ARM - 30} -15h60`} />
        <path className="drawing-axis" d={`M${ARM} -10v-5`} />
      </g>
      <circle className="drawing-pivot" cx={PIVOT.x} cy={PIVOT.y} r="7" />
    </svg>
  );
}

function point(length: number, degrees: number): string {
  const radians = (degrees * Math.PI) / 180;
  return `${(PIVOT.x + length * Math.cos(radians)).toFixed(1)} ${(PIVOT.y - length * Math.sin(radians)).toFixed(1)}`;
}

function radius(from: number, to: number, degrees: number): string {
  return `M${point(from, degrees)}L${point(to, degrees)}`;
}

function arc(length: number, from: number, to: number): string {
  return `M${point(length, from)}A${length} ${length} 0 0 1 ${point(length, to)}`;
}
