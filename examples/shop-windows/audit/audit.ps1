# audit -- prints the engine's events, one JSON object a line, as they come.
$ErrorActionPreference = 'Stop'
$pipe = New-Object System.IO.Pipes.NamedPipeClientStream '.', 'docker_engine', 'InOut'
$pipe.Connect(5000)

# HTTP/1.0, so that the answer is not chunked.
$request = [Text.Encoding]::ASCII.GetBytes("GET /events HTTP/1.0`r`nHost: docker`r`n`r`n")
$pipe.Write($request, 0, $request.Length)
$pipe.Flush()

$reader = New-Object System.IO.StreamReader $pipe
while ($null -ne ($line = $reader.ReadLine())) {
    if ($line.StartsWith('{')) { Write-Output $line }
}
exit 1
