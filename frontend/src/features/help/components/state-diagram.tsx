interface Props {
  readonly label: string;
  readonly words: { readonly on: string; readonly off: string; readonly start: string; readonly stop: string };
}

/** The device's states and the commands between them. */
export function StateDiagram({ label, words }: Props) {
  return (
    <svg className="state-diagram" viewBox="0 0 560 190" role="img" aria-label={label}>
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 0L8 4L0 8z" className="diagram-arrow" />
        </marker>
      </defs>
      <State x={10} y={70} name="STANDBY" />
      <State x={220} y={70} name="READY" />
      <State x={430} y={20} name="PID" />
      <State x={430} y={120} name="TEST" />
      <Arrow d="M132 84H216" text={words.on} x={174} y={76} />
      <Arrow d="M218 104H134" text={words.off} x={174} y={122} />
      <Arrow d="M342 80L426 46" text={words.start} x={366} y={52} />
      <Arrow d="M342 108L426 138" text={words.start} x={404} y={116} />
      <Arrow d="M428 158Q330 170 296 122" text={words.stop} x={352} y={172} />
      <Arrow d="M428 28Q330 14 296 66" text={words.stop} x={340} y={24} />
    </svg>
  );
}

function State({ x, y, name }: { x: number; y: number; name: string }) {
  return (
    <g>
      <rect className="diagram-state" x={x} y={y} width="120" height="48" rx="10" />
      <text className="diagram-name" x={x + 60} y={y + 29}>
        {name}
      </text>
    </g>
  );
}

function Arrow({ d, text, x, y }: { d: string; text: string; x: number; y: number }) {
  return (
    <g>
      <path className="diagram-line" d={d} markerEnd="url(#arrow)" />
      <text className="diagram-word" x={x} y={y}>
        {text}
      </text>
    </g>
  );
}
