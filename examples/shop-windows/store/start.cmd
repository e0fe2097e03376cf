@rem The password comes from the secret; --aof and --recover keep the orders over a restart.
@set /p PASSWORD=<C:\secrets\store_password
@C:\app\GarnetServer.exe --auth Password --password %PASSWORD% --bind 0.0.0.0 --aof --recover --checkpointdir C:\data
